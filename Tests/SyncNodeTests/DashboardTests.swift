import Foundation
import Testing

@testable import SyncNode

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

@Suite("The dashboard as files")
struct DashboardTests {
  @Test("The page names files of its own version, which browsers keep for ever")
  func files() async throws {
    try await TestServer.run(listener: .http) { server in
      let (page, answer) = try await get("/", from: server)
      #expect(answer.statusCode == 200)
      #expect(answer.value(forHTTPHeaderField: "Cache-Control") == "no-cache")
      let paths = page.matches(of: /(?:src|href)="(\/[^"]*)"/).map { String($0.output.1) }
      #expect(paths.count >= 4)
      for path in paths {
        let (_, file) = try await get(path, from: server)
        #expect(file.statusCode == 200, "\(path)")
        #expect(file.value(forHTTPHeaderField: "Cache-Control")?.contains("immutable") == true, "\(path)")
        #expect(file.value(forHTTPHeaderField: "X-Content-Type-Options") == "nosniff", "\(path)")
      }
    }
  }

  @Test("Files of another version are not to be had, nor any that are none of the dashboard's")
  func others() async throws {
    try await TestServer.run(listener: .http) { server in
      let (page, _) = try await get("/", from: server)
      let version = try #require(page.firstMatch(of: /dashboard\/([0-9a-f]+)/)).output.1
      for path in ["0000/app.js", "\(version)/nothing.js", "\(version)/..%2F..%2Fetc%2Fpasswd", "\(version)/"] {
        #expect(try await get("/dashboard/\(path)", from: server).1.statusCode == 404, "\(path)")
      }
    }
  }

  @Test("A page that is still the same is not sent again")
  func unchanged() async throws {
    try await TestServer.run(listener: .http) { server in
      let tag = try #require(try await get("/", from: server).1.value(forHTTPHeaderField: "ETag"))
      let (again, answer) = try await get("/", from: server, ["If-None-Match": tag])
      #expect(answer.statusCode == 304 && again.isEmpty)
    }
  }

  private func get(
    _ path: String, from server: TestServer, _ headers: [String: String] = [:]
  ) async throws -> (String, HTTPURLResponse) {
    let url = try #require(URL(string: "http://127.0.0.1:\(server.port)\(path)"))
    var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData)
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    return (String(decoding: data, as: UTF8.self), try #require(response as? HTTPURLResponse))
  }
}
