import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The pages in which people see what a node does, and write together: files that are packed into the binary.
///
/// The first page is at `/`. All else is below `/dashboard/HASH`, where `HASH` is made of what all files hold: so browsers keep
/// them for ever, and files of two versions are never mixed.
struct Dashboard: Sendable {
  private struct File {
    let bytes: ByteBuffer
    let headers: HTTPFields
  }

  /// What the pages may do: run their own scripts and the core, and talk to the node. Nothing comes from or goes elsewhere, and
  /// no text becomes markup.
  private static let contentSecurityPolicy = [
    "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "img-src 'self' data:",
    "connect-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
    "require-trusted-types-for 'script'", "trusted-types 'none'",
  ].joined(separator: "; ")

  private static let mediaTypes = [
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml", "wasm": "application/wasm",
  ]

  /// As it was packed.
  static let packed = Dashboard(
    PackedDashboard.files.map { file in
      guard let content = Data(base64Encoded: "\(file.content)") else {
        preconditionFailure("\(file.path) was not packed as base64")
      }
      return ("\(file.path)", content)
    })

  private let files: [String: File]
  private let version: String
  private let index: File

  /// - Parameter contents: What files hold, by path; those whose name ends with `.gz` are told without it.
  private init(_ contents: [(path: String, content: Data)]) {
    var hash = SHA256()
    for (path, content) in contents.sorted(by: { $0.path < $1.path }) {
      hash.update(data: Data("\(path) \(content.count) ".utf8))
      hash.update(data: content)
    }
    version = hash.finalize().prefix(8).map { String(format: "%02x", $0) }.joined()
    var files: [String: File] = [:]
    for (path, content) in contents {
      let isCompressed = path.hasSuffix(".gz")
      let path = isCompressed ? String(path.dropLast(3)) : path
      var headers = Dashboard.headers(for: path)
      headers[.cacheControl] = "public, max-age=31536000, immutable"
      if isCompressed { headers[.contentEncoding] = "gzip" }
      files[path] = File(bytes: ByteBuffer(bytes: content), headers: headers)
    }
    let page = files.removeValue(forKey: "index.html").map { String(buffer: $0.bytes) }
    guard let page else { preconditionFailure("index.html was not packed") }
    var headers = Dashboard.headers(for: "index.html")
    headers[.cacheControl] = "no-cache"
    headers[.eTag] = "\"\(version)\""
    headers[.contentSecurityPolicy] = Dashboard.contentSecurityPolicy
    headers[Dashboard.openerPolicy] = "same-origin"
    headers[Dashboard.permissionsPolicy] = "camera=(), microphone=(), geolocation=()"
    index = File(
      bytes: ByteBuffer(string: page.replacing("{{assets}}", with: "/dashboard/\(version)")), headers: headers)
    self.files = files
  }

  private static let openerPolicy = fieldName("cross-origin-opener-policy")
  private static let resourcePolicy = fieldName("cross-origin-resource-policy")
  private static let permissionsPolicy = fieldName("permissions-policy")
  private static let referrerPolicy = fieldName("referrer-policy")

  private static func fieldName(_ name: String) -> HTTPField.Name {
    guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no name of a header") }
    return field
  }

  private static func headers(for path: String) -> HTTPFields {
    let pathExtension = path.split(separator: ".").last.map(String.init) ?? ""
    guard let mediaType = mediaTypes[pathExtension] else { preconditionFailure("\(path) has no media type") }
    return [
      .contentType: mediaType, .xContentTypeOptions: "nosniff", resourcePolicy: "same-origin",
      referrerPolicy: "no-referrer",
    ]
  }

  func addRoutes(to router: Router<some RequestContext>) {
    router.get("/") { request, _ in
      // A browser that has the page asks whether it is still the same.
      guard request.headers[.ifNoneMatch] != index.headers[.eTag] else {
        return Response(status: .notModified, headers: index.headers)
      }
      return Response(status: .ok, headers: index.headers, body: .init(byteBuffer: index.bytes))
    }
    router.get("/dashboard/:version/**") { _, context in
      let path = context.parameters.getCatchAll().joined(separator: "/")
      guard context.parameters.get("version") == version, let file = files[path] else {
        throw APIError(.notFound, "there is no such file in this version of the dashboard")
      }
      return Response(status: .ok, headers: file.headers, body: .init(byteBuffer: file.bytes))
    }
  }
}
