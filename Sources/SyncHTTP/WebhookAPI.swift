import Foundation
import Hummingbird
import SyncNode
import SyncWebhooks

/// What webhooks are told, over HTTP for administrators of all rooms.
///
/// ```
/// GET  /api/webhooks                          the webhooks, with how many events wait and were given up
/// GET  /api/webhooks/deliveries               what waits or was given up, the latest first
///     ?state=pending|dead &limit=COUNT
/// POST /api/webhooks/deliveries               {"do": "retry" | "discard", "ids": […]}: with dead ones, with all without `ids`
/// ```
package struct WebhookAPI: Sendable {
  /// Where what is told is.
  package enum Path {
    package static let webhooks = "/api/webhooks"
    package static let deliveries = "/api/webhooks/deliveries"
  }

  /// What is done with dead deliveries.
  package enum Action: String, CaseIterable, Codable, Sendable {
    case retry, discard
  }

  /// What is to be done with which.
  package struct Order: Codable, Sendable {
    package let action: Action
    package let ids: [String]?

    private enum CodingKeys: String, CodingKey, CaseIterable {
      case action = "do"
      case ids
    }

    package init(from decoder: any Decoder) throws {
      try decoder.refuseFields(besides: CodingKeys.self)
      let members = try decoder.container(keyedBy: CodingKeys.self)
      action = try members.decode(Action.self, forKey: .action)
      ids = try members.decodeIfPresent([String].self, forKey: .ids)
    }

    package init(_ action: Action, _ ids: [String]?) {
      self.action = action
      self.ids = ids
    }
  }

  /// With how many it was done.
  package struct Outcome: Codable, Sendable {
    package let changed: Int
  }

  package static let limitMax = 1_000
  private static let limitDefault = 100

  let node: Node
  /// Nil where there are none.
  let webhooks: Webhooks?

  func addRoutes(to router: Router<NodeRequestContext>) {
    router.get("\(Path.webhooks)") { request, context in
      try await context.requireAdministrator(by: request, on: node)
      return try Response(json: try await webhooks?.reports() ?? [])
    }
    router.get("\(Path.deliveries)") { request, context in
      try await context.requireAdministrator(by: request, on: node)
      let limit = try request.numericParameter("limit") ?? Int64(WebhookAPI.limitDefault)
      guard (1...Int64(WebhookAPI.limitMax)).contains(limit) else {
        throw APIError(.invalidParameter, "the parameter `limit` is 1 to \(WebhookAPI.limitMax)")
      }
      let state = try request.parameter("state").map { text in
        guard let state = WebhookDelivery.State(rawValue: text) else {
          throw APIError(.invalidParameter, "the parameter `state` is pending or dead")
        }
        return state
      }
      return try Response(json: try await webhooks?.deliveries(state, limit: Int(limit)) ?? [])
    }
    router.post("\(Path.deliveries)") { request, context in
      try await context.requireAdministrator(by: request, on: node)
      let order: Order = try await request.jsonBody()
      guard order.ids?.count ?? 0 <= WebhookAPI.limitMax else {
        throw APIError(.invalidBody, "`ids` has at most \(WebhookAPI.limitMax)")
      }
      let changed =
        switch order.action {
        case .retry: try await webhooks?.retry(order.ids)
        case .discard: try await webhooks?.discard(order.ids)
        }
      return try Response(json: Outcome(changed: changed ?? 0))
    }
  }
}
