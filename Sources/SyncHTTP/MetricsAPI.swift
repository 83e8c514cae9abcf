import Foundation
import Hummingbird
import NIOCore
import SyncNode

/// What is measured, over HTTP.
///
/// ```
/// GET  /metrics                        the node's metrics as text for Prometheus
/// GET  /api/metrics                    the node's metrics, with what was recorded lately
/// GET  /api/metrics?application=NAME   an application's
/// POST /api/metrics?application=NAME   records values: [{"name": …, "labels": {…}, "kind": …, "value": …}, …]
/// GET  /api/alerts                     the last alert of each rule and node, the newest first
/// GET  /api/alert-rules                by which rules this node alerts
/// GET  /api/connections                who is connected, and for how long
/// ```
/// The node's own are for administrators. An application's are read by whoever may read the room `analytics:NAME`, and
/// recorded by whoever may write to it by a rule.
package struct MetricsAPI: Sendable {
  private static let bodyBytesMax = 256 << 10
  private static let samplesMax = 1_000

  /// A value as it comes over HTTP.
  private struct Sample: Decodable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
      case name, labels, kind, value
    }

    let sample: MetricSample

    init(from decoder: any Decoder) throws {
      try decoder.refuseFields(besides: CodingKeys.self)
      sample = try MetricSample(from: decoder)
    }
  }

  /// Where what is told is.
  package enum Path {
    static let prometheus = "/metrics"
    package static let metrics = "/api/metrics"
    package static let alerts = "/api/alerts"
    package static let alertRules = "/api/alert-rules"
    package static let connections = "/api/connections"
  }

  let node: Node

  func addRoutes(to router: Router<NodeRequestContext>) {
    router.get("\(Path.prometheus)") { [node] request, context in
      try await context.requireAdministrator(by: request, on: node)
      return Response(
        status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
        body: .init(byteBuffer: ByteBuffer(string: node.metrics.prometheusText)))
    }
    router.get("\(Path.metrics)") { [node] request, context in
      guard let application = try request.parameter("application") else {
        try await context.requireAdministrator(by: request, on: node)
        return try Response(json: node.metrics.reports())
      }
      try await context.requireAccess(.read, in: try MetricsAPI.room(application), by: request, on: node)
      return try Response(json: node.knownAnalytics(application)?.reports() ?? [])
    }
    router.post("\(Path.metrics)") { [node] request, context in
      let application = try request.requiredParameter("application")
      try await context.requireAccess(.write, in: try MetricsAPI.room(application), by: request, on: node)
      let samples: [MetricSample]
      do {
        samples = try await request.jsonBody([Sample].self, upTo: MetricsAPI.bodyBytesMax).map(\.sample)
      } catch let error as MetricError {
        throw APIError(.invalidBody, "`\(error.metric)`: \(error)")
      }
      guard samples.count <= MetricsAPI.samplesMax else {
        throw APIError(.invalidBody, "at most \(MetricsAPI.samplesMax) values are recorded at once")
      }
      do {
        try node.analytics(application).record(samples)
      } catch let error as MetricError {
        throw APIError(.invalidBody, "`\(error.metric)`: \(error)")
      }
      return Response(status: .noContent)
    }
    router.get("\(Path.alerts)") { [node] request, context in
      try await context.requireAccess(.read, in: FeedRoom(.system).name, by: request, on: node)
      return try Response(json: try await NodeAPI.read { try await node.allAlerts() })
    }
    router.get("\(Path.alertRules)") { [node] request, context in
      try await context.requireAdministrator(by: request, on: node)
      return try Response(json: node.alertRules)
    }
    router.get("\(Path.connections)") { [node] request, context in
      try await context.requireAdministrator(by: request, on: node)
      return try Response(json: try await node.connections())
    }
  }

  private static func room(_ application: String) throws -> String {
    guard !application.isEmpty else { throw APIError(.invalidParameter, "an application has a name") }
    return FeedRoom(.analytics, of: application).name
  }
}
