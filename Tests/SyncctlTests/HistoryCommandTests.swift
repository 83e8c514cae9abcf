import CRDT
import Foundation
import Testing

/// `log`, `blame` and `show --at`: who wrote what, and what was there before.
@Suite struct HistoryCommandTests {
  private let folder: TemporaryFolder
  private let secret: String
  private let relay: Relay
  private let yjs: ClientHost

  init() async throws {
    folder = try TemporaryFolder()
    secret = folder.file("secret.txt").path
    try Data("a secret that nobody guesses, long enough\n".utf8).write(to: URL(filePath: secret))
    relay = try await Relay.start(
      store: folder.file("store.sqlite"), options: ["--jwt-secret", secret, "--compact-after", "4"])
    yjs = try ClientHost.yjs()
  }

  private func token(_ subject: String) async throws -> String {
    let minted = try await syncctl(
      "token", "mint", "--secret", secret, "--subject", subject, "--room", "*=write", "--lifetime", "1h")
    try #require(minted.status == 0, "\(minted)")
    return minted.standardOutput.trimmingCharacters(in: .newlines)
  }

  private func open(_ subject: String) async throws -> Client {
    let client = try await yjs.open(
      subject, at: relay.url, room: "notes", token: (way: .parameter, text: try await token(subject)))
    try await client.waitUntilSynced()
    return client
  }

  private func read(_ arguments: String...) async throws -> Outcome {
    let command = [arguments[0], "notes"] + arguments.dropFirst() + ["--store", relay.store.path]
    return try await outcome(of: ChildProcess(TestFiles.syncctl, command))
  }

  /// Waits until the store has so many updates of the room.
  private func stored(_ updates: Int) async throws {
    try await eventually("\(updates) updates are stored") {
      let rooms = try await syncctl("rooms", "--store", relay.store.path, "--json").json()
      guard case .array(let list) = rooms else { return false }
      return list.first?["updates"] == .number(Double(updates))
    }
  }

  @Test("Who wrote what is told while the relay runs and at rest, from the log and from what was folded out of it")
  func attribution() async throws {
    let ada = try await open("ada")
    let bob = try await open("bob")
    try await ada.insert("Hello", at: 0)
    try await eventuallyEqual([ada, bob]) { $0.text == "Hello" }
    try await bob.insert(" world", at: 5)
    try await bob.set("title", "Greeting")
    try await eventuallyEqual([ada, bob]) { $0.map["title"] == "Greeting" }
    try await ada.delete(at: 0, count: 1)
    try await ada.push(["x": 1])
    try await stored(5)

    for isRunning in [true, false] {
      if !isRunning {
        relay.process.signal(SIGTERM)
        #expect(try await relay.process.waitForExit() == 0)
      }
      let log = try await read("log", "--json")
      try expectSchema("log", log.standardOutput)
      guard case .array(let entries) = try log.json() else {
        Issue.record("no entries")
        return
      }
      #expect(Set(entries.map { $0["subject"] }) == ["ada", "bob"])
      let changes = entries.flatMap { entry -> [JSON] in
        if case .array(let changes)? = entry["changes"] { changes } else { [] }
      }
      #expect(changes.contains { $0["path"] == "text" && $0["inserted"] == 5 && $0["text"] == "Hello" })
      #expect(changes.contains { $0["path"] == "map/title" && $0["inserted"] == 1 })
      #expect(changes.contains { $0["path"] == "list" && $0["inserted"] == 1 })
      #expect(changes.contains { $0["path"] == "text" && $0["deleted"] == 1 })
      let table = try await read("log").standardOutput
      #expect(table.contains("ada (127.0.0.1)") && table.contains("text +6 “ world”"), "\(table)")
      #expect(try await read("log", "--limit", "1").standardOutput.split(separator: "\n").count == 2)

      let blame = try await read("blame", "text", "--json")
      try expectSchema("blame", blame.standardOutput)
      try expectSchema("blame", try await read("blame", "map", "--json").standardOutput)
      guard case .array(let pieces) = try blame.json() else {
        Issue.record("no pieces")
        return
      }
      #expect(pieces.map { $0["content"] } == ["ello", " world"])
      #expect(pieces.map { $0["subject"] } == ["ada", "bob"])
      #expect(pieces.map { $0["index"] } == [0, 4] && pieces.map { $0["length"] } == [4, 6])
      let keys = try await read("blame", "map").standardOutput
      #expect(keys.contains("title") && keys.contains("bob") && !keys.contains("ada"), "\(keys)")
      let elements = try await read("blame", "list").standardOutput
      #expect(elements.contains("ada") && elements.contains(#"{"x":1}"#), "\(elements)")
    }
  }

  @Test("Who sends all that they know is not said to have done what others did")
  func repetition() async throws {
    let ada = try await open("ada")
    try await ada.insert("one two three", at: 0)
    try await ada.delete(at: 0, count: 4)
    try await stored(2)
    let bob = Document(clientID: 7)
    let file = folder.file("notes.update")
    let export = try await read("export", "-o", file.path)
    try #require(export.status == 0, "\(export)")
    try bob.apply([UInt8](Data(contentsOf: file)))
    bob.text("text").delete(at: 0, count: 1)
    bob.text("text").append(" four")
    var message = ByteWriter()
    message.writeUpdateMessage(bob.encodeUpdate())
    let socket = try await yjs.openRawSocket("bob", at: relay.url, room: "notes?token=\(try await token("bob"))")
    try await eventually("the socket is open") { try await socket.state().isConnected }
    try await socket.send(message.bytes())
    try await stored(3)

    guard case .array(let entries) = try await read("log", "--json").json() else {
      Issue.record("no entries")
      return
    }
    for (subject, inserted, deleted, text) in [("ada", 13, 4, "one two three"), ("bob", 5, 1, " four")] {
      let entry = try #require(entries.first { $0["subject"] == .string(subject) })
      guard case .array(let changes)? = entry["changes"], changes.count == 1 else {
        Issue.record("\(entry)")
        continue
      }
      #expect(changes[0]["inserted"] == .number(Double(inserted)), "\(entry)")
      #expect(changes[0]["deleted"] == .number(Double(deleted)), "\(entry)")
      #expect(changes[0]["text"] == .string(text), "\(entry)")
    }
    guard case .array(let pieces) = try await read("blame", "text", "--json").json() else {
      Issue.record("no pieces")
      return
    }
    #expect(pieces.map { $0["content"] } == ["wo three", " four"])
    #expect(pieces.map { $0["subject"] } == ["ada", "bob"])
  }

  @Test("A document is shown as it was after any number of updates and at any time, and nonsense is refused")
  func past() async throws {
    let ada = try await open("ada")
    for (number, word) in ["one ", "two ", "three "].enumerated() {
      try await ada.insert(word, at: 0)
      try await stored(number + 1)
    }
    try await ada.delete(at: 0, count: 6)
    try await stored(4)
    try await ada.insert("new ", at: 0)
    try await stored(5)

    let now = try await read("show", "--path", "text", "--format", "text")
    #expect(now.standardOutput == "new two one \n", "\(now)")
    let last = try await read("show", "--at", "5", "--path", "text", "--format", "text")
    #expect(last.standardOutput == now.standardOutput && last.standardError.isEmpty, "\(last)")
    // What was written within the same moment is kept together, once it was folded out of the log.
    let folded = try await read("show", "--at", "1", "--path", "text", "--format", "text")
    #expect(folded.standardOutput == "two one \n", "\(folded)")
    #expect(folded.standardError.contains("after update 4"), "\(folded)")
    let tree = try await read("show", "--at", "4", "--format", "tree")
    #expect(tree.standardOutput.contains("deleted"), "\(tree)")
    let nothing = try await read("show", "--at", "0", "--json")
    #expect(nothing.status == 0 && nothing.standardOutput == "{}\n", "\(nothing)")
    let later = try await read("show", "--at", "2100-01-01", "--path", "text", "--format", "text")
    #expect(later.standardOutput == now.standardOutput, "\(later)")

    for (at, status, message) in [
      ("6", 3, "has 5 updates"), ("2001-01-01T00:00:00Z", 3, "nothing is known"),
      ("yesterday", 3, "no version `yesterday`"),
      ("-1", 2, "--at"),
    ] as [(String, Int32, String)] {
      let refusal = try await read("show", "--at=\(at)")
      #expect(refusal.status == status && refusal.standardError.contains(message), "\(refusal)")
    }
    let typo = try await syncctl("log", "nots", "--store", relay.store.path)
    #expect(typo.status == 3 && typo.standardError.contains("did you mean `notes`?"), "\(typo)")
    let scalar = try await read("blame", "missing")
    #expect(scalar.status == 3 && scalar.standardError.contains("nothing at `missing`"), "\(scalar)")
  }
}
