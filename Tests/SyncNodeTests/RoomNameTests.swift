import CRDT
import Testing

@testable import SyncNode

@Suite("Names of rooms")
struct RoomNameTests {
  @Test(
    "Names that Unicode takes for equal are rooms of their own",
    arguments: [["K", "\u{212A}"], ["\u{E9}", "e\u{301}"]])
  func equivalentNames(names: [String]) async throws {
    #expect(names[0] == names[1])
    let node = try Node(.quiet())
    let (one, other) = (try await node.open(names[0]), try await node.open(names[1]))
    try await one.edit { $0.text("t").append("secret") }
    #expect(try await other.read { $0.text("t").string }.isEmpty)
    #expect(node.roomCount == 2)
    let reports = try await node.roomReports([names[1]])
    #expect(reports.map { Array($0.name.utf8) } == [Array(names[1].utf8)])
    await node.stop()
  }

  @Test("No room's name has a NUL, at which names end in a store")
  func names() async throws {
    let node = try Node(.quiet())
    await #expect(throws: RoomError.self) { try await node.open("project:42\0x") }
    #expect(node.roomCount == 0)
    await node.stop()
  }

  @Test("What is measured of one application is not told of another whose name Unicode takes for equal")
  func equivalentApplications() async throws {
    let node = try Node(.quiet())
    try node.analytics("K").record(1, of: MetricName("signups"), .counter)
    #expect(node.knownAnalytics("\u{212A}") == nil)
    await node.stop()
  }
}
