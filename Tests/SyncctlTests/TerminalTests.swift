import CRDT
import Foundation
import TestSupport
import Testing

/// What a person sees: colours and pages, in a terminal.
@Suite struct TerminalTests {
  private let store: RestingStore

  init() throws { store = try RestingStore() }

  private var syncctl: String { "'\(TestFiles.syncctl.path)'" }

  /// A command line on the store.
  private func line(_ command: String) -> String { "\(syncctl) \(command) --store '\(store.file.path)'" }

  /// A store with 60 rooms, more than a screen has lines.
  private func fillManyRooms() async throws {
    let folder = store.folder.file("rooms")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let document = Document(clientID: 7)
    document.text("body").append("Hello")
    for number in 1...60 {
      try Data(document.encodeUpdate()).write(to: folder.appending(path: "room\(number + 100).update"))
    }
    #expect(try await store.run("import", "--all", folder.path).status == 0)
  }

  @Test("A short table is coloured on a terminal, stays there, and needs no key")
  func shortTable() async throws {
    #expect(try await store.fill("notes", #"{"body": "Hello"}"#).status == 0)
    let session = try await TerminalSession(line("rooms"))
    #expect(try await session.waitForExit() == 0)
    let screen = try await session.screen()
    #expect(screen.contains("ROOM   UPDATES  BYTES  MODIFIED\nnotes        1"), "\(screen)")
    #expect(try await session.styledScreen().contains("\u{1B}[1mROOM"))
  }

  @Test("Nothing is coloured with NO_COLOR, on a dumb terminal, in a pipe or where it is not wanted")
  func withoutColors() async throws {
    #expect(try await store.fill("notes", #"{"body": "Hello"}"#).status == 0)
    let cases: [(command: String, environment: [String: String])] = [
      (line("rooms"), ["NO_COLOR": "1"]), (line("rooms"), ["TERM": "dumb"]), (line("rooms --color never"), [:]),
      (line("rooms") + " | cat", [:]), (line("rooms --json"), [:]), (line("show notes"), [:]),
    ]
    for (command, environment) in cases {
      let session = try await TerminalSession(command, environment: environment)
      #expect(try await session.waitForExit() == 0, "\(command)")
      let screen = try await session.styledScreen()
      #expect(screen.contains("notes") || screen.contains("Hello"), "\(screen)")
      #expect(!screen.contains("\u{1B}["), "\(command) \(environment): \(screen)")
    }
    let piped = try await store.run("rooms")
    #expect(!piped.standardOutput.contains("\u{1B}"), "\(piped)")
  }

  @Test("Colours can be had in a pipe: of tables, differences and explained bytes, and never in JSON")
  func forcedColors() async throws {
    #expect(try await store.fill("notes", #"{"body": "Hello", "gone": [1]}"#).status == 0)
    #expect(try await store.fill("other", #"{"body": "Good day"}"#).status == 0)
    let rooms = try await store.run("rooms", "--color", "always")
    #expect(rooms.standardOutput.hasPrefix("\u{1B}[1mROOM\u{1B}[0m   \u{1B}[1mUPDATES\u{1B}[0m"), "\(rooms)")
    let plain = try await store.run("rooms")
    #expect(rooms.standardOutput.replacing(/\u{1B}\[\d+m/, with: "") == plain.standardOutput)
    let difference = try await store.run("diff", "notes", "other", "--color", "always")
    #expect(difference.status == 1)
    let body = "body: \u{1B}[31m\"Hello\"\u{1B}[0m → \u{1B}[32m\"Good day\"\u{1B}[0m"
    #expect(difference.standardOutput.contains(body), "\(difference)")
    let json = try await store.run("rooms", "--json", "--color", "always")
    #expect(!json.standardOutput.contains("\u{1B}"), "\(json)")

    let update = store.folder.file("notes.update")
    #expect(try await store.run("export", "notes", "-o", update.path).status == 0)
    let bytes = try Data(contentsOf: update)
    try bytes.prefix(bytes.count - 3).write(to: update)
    let inspection = try await outcome(
      of: ChildProcess(TestFiles.syncctl, ["inspect", update.path, "--color", "always"]))
    #expect(inspection.standardOutput.contains("\u{1B}[1mOFFSET"), "\(inspection)")
    #expect(inspection.standardOutput.contains(/\u{1B}\[2m +\d+ +\d+\u{1B}\[0m/), "\(inspection)")
    #expect(inspection.standardOutput.contains("\u{1B}[31mdamaged at "), "\(inspection)")
    let wrong = try await store.run("rooms", "--color", "red")
    #expect(wrong.status == 2 && wrong.standardError.contains("red"), "\(wrong)")
  }

  @Test("What is longer than the screen comes page by page, and the command ends when its reader has enough")
  func pages() async throws {
    try await fillManyRooms()
    let session = try await TerminalSession(line("rooms"))
    let first = try await eventually("the first page is there") {
      let screen = try await session.screen()
      return screen.contains("room122") ? screen : nil
    }
    #expect(first.contains("ROOM") && !first.contains("room160"), "\(first)")
    #expect(try await session.styledScreen().contains("\u{1B}[1mROOM"))
    #expect(session.exitStatus == nil)
    try await session.press("G")
    try await eventually("the last page is there") { try await session.screen().contains("room160") }
    try await session.press("q")
    #expect(try await session.waitForExit() == 0)
  }

  @Test("Interrupting keys are the pager's, and a failure is told when it has ended")
  func interrupts() async throws {
    try await fillManyRooms()
    let other = store.folder.file("other.sqlite").path
    let update = store.folder.file("one.update").path
    #expect(try await store.run("export", "room101", "-o", update).status == 0)
    let made = try await outcome(
      of: ChildProcess(TestFiles.syncctl, ["import", "elsewhere", update, "--store", other]))
    #expect(made.status == 0, "\(made)")
    let session = try await TerminalSession(line("diff '\(other)' '\(store.file.path)'"))
    try await eventually("the first page is there") { try await session.screen().contains("room101") }
    #expect(try await !session.screen().contains("rooms differ"))
    try await session.press("C-c")
    try await session.press("G")
    try await eventually("the last page is there") { try await session.screen().contains("room160") }
    #expect(session.exitStatus == nil)
    try await session.press("q")
    #expect(try await session.waitForExit() == 1)
    try await eventually("the failure is told") {
      try await session.screen().contains("syncctl: 61 of 61 rooms differ")
    }
  }

  @Test("$PAGER is taken instead of less, and none when it is empty or not wanted")
  func otherPagers() async throws {
    try await fillManyRooms()
    let numbered = try await TerminalSession(line("rooms"), environment: ["PAGER": "tail -n 1 | sed s/^/paged:/"])
    #expect(try await numbered.waitForExit() == 0)
    #expect(try await numbered.screen().hasPrefix("paged:room160"))
    for (command, environment) in [("rooms --no-pager", ["PAGER": "head -n 1"]), ("rooms", ["PAGER": ""])] {
      let session = try await TerminalSession(line(command), environment: environment)
      #expect(try await session.waitForExit() == 0)
      let screen = try await session.screen()
      #expect(screen.contains("room160") && screen.contains("room150") && !screen.contains("(END)"), "\(screen)")
    }
    let early = try await TerminalSession(line("rooms"), environment: ["PAGER": "head -n 1"])
    #expect(try await early.waitForExit() == 0)
    let screen = try await early.screen()
    #expect(screen.contains("ROOM") && !screen.contains("room101") && !screen.contains("syncctl:"), "\(screen)")
  }
}
