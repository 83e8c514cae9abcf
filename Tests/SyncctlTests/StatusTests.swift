import Foundation
import Logging
import SyncHTTP
import SyncNode
import Synchronization
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// What a node says of itself over HTTP.
@Suite struct StatusTests {
  private struct Operators: Authorizer {
    func grant(for request: AccessRequest) async throws -> Grant {
      switch request.token {
      case "operator": return Grant(access: .admin)
      case "user": return Grant(rooms: ["notes*"])
      default: throw AccessDenied("who are you?")
      }
    }
  }

  @Test("Where access is checked, the status is for administrators of all rooms, and health for all")
  func access() async throws {
    var configuration = Node.Configuration(store: .ephemeral)
    configuration.logger.logLevel = .critical
    configuration.authorizer = Operators()
    let node = try Node(configuration)
    let port = Mutex<Int?>(nil)
    let server = HTTPServer(node: node, address: try ListenAddress(port: 0)) { bound in port.withLock { $0 = bound } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      let bound = try await eventually("the server listens") { port.withLock { $0 } }
      func status(_ path: String, token: String? = nil) async throws -> Int? {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(bound)/\(path)")))
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        return (try await URLSession.shared.data(for: request).1 as? HTTPURLResponse)?.statusCode
      }
      for (token, expected) in [(nil, 403), ("user", 403), ("operator", 200)] as [(String?, Int)] {
        #expect(try await status("statusz", token: token) == expected, "\(token ?? "no token")")
      }
      #expect(try await status("healthz") == 200)
      group.cancelAll()
    }
    await node.stop()
  }
}
