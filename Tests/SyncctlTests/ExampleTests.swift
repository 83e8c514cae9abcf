import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The examples do what they say.
@Suite struct ExampleTests {
  private func example(_ name: String, _ arguments: String...) throws -> ChildProcess {
    try ChildProcess(TestFiles.syncctl.deletingLastPathComponent().appending(path: name), arguments)
  }

  private func port(of process: ChildProcess) async throws -> String {
    try await eventually("it listens: \(process.standardError)") {
      guard let line = process.line(0) else { return nil }
      return String(decoding: line, as: UTF8.self).split(separator: ":").last.map(String.init)
    }
  }

  @Test("Two people chat over TCP, see each other come and go, and what one wrote alone is not lost")
  func chat() async throws {
    let folder = try TemporaryFolder()
    let store = folder.file("bob.sqlite").path
    let ada = try example("example-chat", "--name", "Ada", "--listen", "0")
    let url = "tcp://127.0.0.1:\(try await port(of: ada))"
    // Bob writes before there is anybody.
    let alone = try example("example-chat", "--name", "Bob", "--store", store)
    try alone.send(Data("Anybody there?".utf8))
    try alone.closeInput()
    #expect(try await alone.waitForExit() == 0, "\(alone.standardError)")

    let bob = try example("example-chat", "--name", "Bob", "--store", store, "--connect", url)
    try await eventually("Ada sees him") { ada.standardOutput.contains("* Bob is here\n") }
    try await eventually("Bob sees her") { bob.standardOutput.contains("* Ada is here\n") }
    try ada.send(Data("Hello Bob".utf8))
    try await eventually("Bob reads it") { bob.standardOutput.contains("Ada: Hello Bob\n") }
    try bob.send(Data("Hello Ada".utf8))
    try bob.closeInput()
    #expect(try await bob.waitForExit() == 0, "\(bob.standardError)")
    try await eventually("Ada reads all, once") {
      let lines = ada.standardOutput.split(separator: "\n").filter { $0.hasPrefix("Bob: ") }
      return lines.sorted() == ["Bob: Anybody there?", "Bob: Hello Ada"]
    }
    try ada.closeInput()
    #expect(try await ada.waitForExit() == 0, "\(ada.standardError)")
  }

  @Test("A relay shows a service the token of its file, and tries again with what the file has by then")
  func linkedRelay() async throws {
    let folder = try TemporaryFolder()
    let service = try example("example-notes-service", "0")
    let port = try await port(of: service)
    let token = folder.file("token")
    try Data("old\n".utf8).write(to: token)
    let relay = try await Relay.start(
      store: folder.file("relay.sqlite"), peers: ["ws://127.0.0.1:\(port)"], options: ["--peer-token-file", token.path])
    func link() async throws -> JSON? {
      let url = try #require(URL(string: "http://127.0.0.1:\(relay.port)/statusz"))
      let (data, _) = try await URLSession.shared.data(from: url)
      guard case .array(let links)? = try JSONDecoder().decode(JSON.self, from: data)["links"] else { return nil }
      return links.first
    }
    try await eventually("it is refused") {
      let link = try await link()
      return link?["state"] == .string("refused") && link?["reason"] == .string("no such token")
    }
    try Data("editor\n".utf8).write(to: token)
    try await eventually("it is let in") { try await link()?["state"] == .string("synced") }
  }

  @Test("A service has an interface of its own beside its rooms, and says who may write")
  func notesService() async throws {
    let service = try example("example-notes-service", "0")
    let port = try await port(of: service)
    func request(_ path: String, body: String? = nil) async throws -> (status: Int?, text: String) {
      var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)/api/\(path)")))
      if let body { (request.httpMethod, request.httpBody) = ("POST", Data(body.utf8)) }
      let (data, response) = try await URLSession.shared.data(for: request)
      return ((response as? HTTPURLResponse)?.statusCode, String(decoding: data, as: UTF8.self))
    }
    #expect(try await request("notes/todo", body: "milk").status == 204)
    let yjs = try ClientHost.yjs()
    let reader = try await yjs.openRawSocket("reader", at: "ws://127.0.0.1:\(port)", room: "todo")
    let editor = try await yjs.openRawSocket("editor", at: "ws://127.0.0.1:\(port)", room: "todo?token=editor")
    for socket in [reader, editor] { try await eventually("it is connected") { try await socket.state().isConnected } }
    // A client with identifier 1 inserts `eggs ` at the start of the text `body`.
    let insertion: [UInt8] = [1, 1, 1, 0, 4, 1, 4] + Array("body".utf8) + [5] + Array("eggs ".utf8) + [0]
    try await editor.send([0, 2, UInt8(insertion.count)] + insertion)
    try await eventually("the edit is there") {
      let (note, edits) = (try await request("notes/todo").text, try await request("edits").text)
      return note.contains("eggs ") && edits == "2\n"
    }
    let refused: [UInt8] = [1, 1, 2, 0, 4, 1, 4] + Array("body".utf8) + [4] + Array("soap".utf8) + [0]
    try await reader.send([0, 2, UInt8(refused.count)] + refused)
    try await eventually("the reader is cut off") { try await reader.state().closures.contains { $0.contains("4403") } }
    let text = try await request("notes/todo").text
    #expect(!text.contains("soap"))
    service.signal(SIGTERM)
    #expect(try await service.waitForExit() == 0, "\(service.standardError)")
  }
}
