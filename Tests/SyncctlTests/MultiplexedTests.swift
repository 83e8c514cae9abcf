import Foundation
import Testing

/// Clients of Hocuspocus' protocol: many documents over one socket, beside clients with a socket for each.
@Suite struct MultiplexedTests {
  let folder: TemporaryFolder
  let relay: Relay
  let yjs: ClientHost

  init() async throws {
    folder = try TemporaryFolder()
    relay = try await Relay.start(store: folder.file("store.sqlite"))
    yjs = try ClientHost.yjs()
  }

  @Test("Documents of one socket are apart, and each is shared with clients of the other protocol")
  func documentsAreApart() async throws {
    for index in 0..<20 {
      let many = try await yjs.openMultiplexed("many-\(index)", at: relay.url, room: "room-\(index)")
      let one = try await yjs.open("one-\(index)", at: relay.url, room: "room-\(index)")
      try await many.waitUntilSynced()
      #expect(try await many.state().scope == "read-write")
      try await many.push(.number(Double(index)))
      try await one.insert("text \(index)", at: 0)
      try await eventuallyEqual([many, one]) { $0.list == [.number(Double(index))] && $0.text == "text \(index)" }
    }
  }

  @Test("Two sessions of the same document over one socket hear each other, and one may leave")
  func sessions() async throws {
    let first = try await yjs.openMultiplexed("first", at: relay.url, room: "room", session: "a", awareness: ["n": 1])
    let second = try await yjs.openMultiplexed("second", at: relay.url, room: "room", session: "b")
    let firstID = try await first.state().clientID
    try await eventually("the first is seen") { try await second.state().awareness["\(firstID)"] == ["n": 1] }
    try await first.insert("from a", at: 0)
    try await eventuallyEqual([first, second]) { $0.text == "from a" }

    try await first.disconnect()
    try await eventually("the first is gone") { try await second.state().awareness["\(firstID)"] == nil }
    try await second.insert("and b ", at: 0)
    try await first.connect()
    try await eventuallyEqual([first, second]) { $0.text == "and b from a" }
  }

  @Test("A document without a name is denied, and the socket serves others on")
  func denial() async throws {
    let nameless = try await yjs.openMultiplexed("nameless", at: relay.url, room: "")
    try await eventually("the denial") { try await nameless.state().denials?.isEmpty == false }
    let named = try await yjs.openMultiplexed("named", at: relay.url, room: "room")
    try await named.waitUntilSynced()
  }

  @Test("A large document comes in parts, to clients of both protocols")
  func largeDocument() async throws {
    let writer = try await yjs.open("writer", at: relay.url, room: "large")
    try await writer.waitUntilSynced()
    for _ in 0..<12 { try await writer.insert(String(repeating: "0123456789", count: 10_000), at: 0) }
    let many = try await yjs.openMultiplexed("many", at: relay.url, room: "large")
    let one = try await yjs.open("one", at: relay.url, room: "large")
    for client in [many, one] { try await client.waitUntilSynced() }
    #expect(try await many.content() == writer.content())
    #expect(try await one.content() == writer.content())
    let raw = try await yjs.openRawSocket("raw", at: relay.url, room: "large")
    try await eventually("the socket") { try await raw.state().isConnected }
    try await raw.send([0, 0, 1, 0])
    try await eventually("step 2") { try await raw.state().frames.contains { $0.hasPrefix("0001") } }
    let frames = try await raw.state().frames
    #expect(frames.count(where: { $0.hasPrefix("0002") }) > 2, "updates come before the step 2")
    #expect(frames.allSatisfy { $0.count < 2 * 400_000 })
  }
}
