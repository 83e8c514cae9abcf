import CRDT
import Foundation
import Synchronization
import Testing

@testable import SyncNode

@Suite("Documents and versions over HTTP")
struct DocumentAPITests {
  private static let rights = RightsBook([
    "ada": Grant(rules: [.init(rooms: "project:*", access: .write)], subject: "ada"),
    "guest": Grant(rules: [.init(rooms: "project:*", access: .read)], subject: "guest"),
  ])

  /// Runs `body` with a server whose room `project:1` has a text and a list; with a store, or without.
  private func run(
    storing: Bool = true, _ change: (inout Node.Configuration) -> Void = { _ in },
    _ body: (TestServer) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    var configuration = Node.Configuration.quiet(storing ? .file(folder.file("store.sqlite")) : .ephemeral)
    configuration.authorizer = DocumentAPITests.rights
    change(&configuration)
    try await TestServer.run(configuration, listener: .http) { server in
      try await server.node.open("project:1").edit { document in
        document.text("body").append("Hello")
        document.array("tasks").append(contentsOf: [.object([.init("title", "a")]), 2])
      }
      try await body(server)
    }
  }

  @Test("A document is read as JSON, whole or at a path", arguments: [true, false])
  func reading(storing: Bool) async throws {
    try await run(storing: storing) { server in
      let all = try await server.ask("/api/document?room=project:1", as: "guest")
      #expect(all.status == 200 && all.body == ["body": "Hello", "tasks": [["title": "a"], 2]], "\(all)")
      for (path, value) in [("body", "Hello"), ("tasks/0/title", "a"), ("tasks/1", 2)] as [(String, Value)] {
        let part = try await server.ask("/api/document?room=project:1&path=\(path)", as: "guest")
        #expect(part.status == 200 && part.body == value, "\(part)")
      }
      let nothing = try await server.ask("/api/document?room=project:1&path=tasks/7", as: "guest")
      #expect(nothing.status == 404 && nothing.code == "unknownPath", "\(nothing)")
      let unknown = try await server.ask("/api/document?room=project:2", as: "guest")
      #expect(unknown.status == 404 && unknown.code == "unknownRoom", "\(unknown)")
      let rooms = try await server.node.roomReports().map(\.name)
      #expect(!rooms.contains("project:2"), "nobody makes a room by asking for it")
      let other = try await server.ask("/api/document?room=secret", as: "guest")
      #expect(other.status == 403 && other.code == "forbidden", "\(other)")
      let nobody = try await server.ask("/api/document?room=project:1")
      #expect(nobody.status == 401 && nobody.code == "unauthenticated", "\(nobody)")
      let missing = try await server.ask("/api/document", as: "guest")
      #expect(missing.status == 400 && missing.code == "missingParameter", "\(missing)")
      #expect(missing.body["error"]["hint"].stringValue?.isEmpty == false)
    }
  }

  @Test("A version is made, seen, gone back to by a new change of whoever asked, and taken out of the list")
  func versions() async throws {
    let changes = Mutex<[RoomChange]>([])
    try await run {
      // What the node tells of it in the feed beside the room is its own change.
      $0.hooks.onChange = { change in if change.room == "project:1" { changes.withLock { $0.append(change) } } }
    } _: { server in
      let made = try await server.ask(
        "/api/versions", as: "ada", "POST", #"{"room": "project:1", "name": "first"}"#)
      #expect(made.status == 201 && made.body["name"] == "first" && made.body["author"] == "ada", "\(made)")
      let order = #"{"room": "project:1", "version": "first"}"#
      let useless = try await server.ask("/api/versions/restore", as: "ada", "POST", order)
      #expect(useless.status == 200 && useless.body == ["changed": false], "\(useless)")
      try await server.node.open("project:1").edit { $0.text("body").delete(0..<4) }
      let list = try await server.ask("/api/versions?room=project:1", as: "guest")
      #expect(list.body == .array([made.body]), "\(list)")

      let now = try await server.ask("/api/document?room=project:1&path=body", as: "guest")
      let then = try await server.ask("/api/document?room=project:1&path=body&version=first", as: "guest")
      #expect(now.body == "o" && then.body == "Hello", "\(now) \(then)")
      let start = try await server.ask("/api/document?room=project:1&update=1", as: "guest")
      #expect(start.body["body"] == "Hello" && start.body["versions"] == .undefined, "\(start)")

      let refused = try await server.ask("/api/versions/restore", as: "guest", "POST", order)
      #expect(refused.status == 403, "\(refused)")
      let restored = try await server.ask("/api/versions/restore", as: "ada", "POST", order)
      #expect(restored.status == 200 && restored.body == ["changed": true], "\(restored)")
      #expect(try await server.ask("/api/document?room=project:1&path=body", as: "ada").body == "Hello")
      #expect(changes.withLock { $0.last?.origin.subject } == "ada")

      let gone = try await server.ask("/api/versions?room=project:1&name=first", as: "ada", "DELETE")
      #expect(gone.status == 204)
      let twice = try await server.ask("/api/versions?room=project:1&name=first", as: "ada", "DELETE")
      #expect(twice.status == 404 && twice.code == "unknownVersion", "\(twice)")
    }
  }

  @Test("What makes no sense is refused and changes nothing")
  func badInput() async throws {
    struct Refused: Error, CustomStringConvertible { let description = "no versions here" }
    let isStrict = Mutex(false)
    try await run {
      $0.hooks.validate = { _ in if isStrict.withLock({ $0 }) { throw Refused() } }
    } _: { server in
      let before = try await server.ask("/api/document?room=project:1", as: "ada").body
      let long = String(repeating: "x", count: 257)
      for (content, code) in [
        (#"{"room": "project:1"}"#, "invalidBody"), (#"{"room": "project:1", "name": ""}"#, "invalidBody"),
        (#"{"room": "project:1", "name": "\#(long)"}"#, "invalidBody"), ("", "invalidBody"),
        (#"{"room": "project:9", "name": "x"}"#, "unknownRoom"), (#"{"room": "secret", "name": "x"}"#, "forbidden"),
        (#"{"room": "activity:1", "name": "x"}"#, "forbidden"),
      ] {
        let answer = try await server.ask("/api/versions", as: "ada", "POST", content)
        #expect(answer.code == code, "\(content): \(answer)")
      }
      for content in [
        #"{"room": "project:1"}"#, #"{"room": "project:1", "update": 1, "time": 1}"#,
        #"{"room": "project:1", "update": "x"}"#,
      ] {
        let answer = try await server.ask("/api/versions/restore", as: "ada", "POST", content)
        #expect(answer.code == "invalidBody", "\(content): \(answer)")
      }
      let both = try await server.ask("/api/document?room=project:1&update=1&version=x", as: "ada")
      #expect(both.code == "invalidParameter", "\(both)")
      isStrict.withLock { $0 = true }
      let invalid = try await server.ask("/api/versions", as: "ada", "POST", #"{"room": "project:1", "name": "x"}"#)
      #expect(invalid.status == 403 && invalid.message == "no versions here", "\(invalid)")
      #expect(try await server.ask("/api/document?room=project:1", as: "ada").body == before)
    }
  }

  @Test("Without a store there is no history, which is said")
  func ephemeral() async throws {
    try await run(storing: false) { server in
      let made = try await server.ask("/api/versions", as: "ada", "POST", #"{"room": "project:1", "name": "v"}"#)
      #expect(made.status == 201, "\(made)")
      let then = try await server.ask("/api/document?room=project:1&version=v", as: "ada")
      #expect(then.status == 503 && then.code == "storeInMemory", "\(then)")
    }
  }

  @Test("All failures have a code, a message and a hint, also those of the router")
  func failures() async throws {
    try await run { server in
      for (path, method) in [("/api/nothing", "GET"), ("/api/versions", "PUT"), ("/api/tokens", "POST")] {
        let answer = try await server.ask(path, as: "ada", method)
        #expect((400..<500).contains(answer.status) && !answer.code.isEmpty && !answer.message.isEmpty, "\(answer)")
        #expect(answer.body["error"]["hint"].stringValue?.isEmpty == false, "\(answer)")
      }
      let description = try await server.ask("/api/openapi.json")
      #expect(description.status == 200 && description.body["openapi"] == "3.1.0", "\(description.status)")
    }
  }
}
