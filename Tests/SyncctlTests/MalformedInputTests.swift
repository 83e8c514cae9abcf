import Foundation
import Testing

/// Bytes that are no message end the connection that sent them, and hurt nobody else.
@Suite struct MalformedInputTests {
  struct Message: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    var testDescription: String { name }
  }

  static let messages = [
    Message(name: "random bytes", bytes: [0xde, 0xad, 0xbe, 0xef, 0x00, 0xff, 0xff]),
    Message(name: "an unknown message type", bytes: [0x63, 0x01]),
    Message(name: "an unknown sync step", bytes: [0x00, 0x07, 0x01, 0x00]),
    Message(name: "an update cut short", bytes: [0x00, 0x02, 0x0c, 0x01, 0x01, 0x01, 0x00, 0x04]),
    Message(name: "a payload longer than the message", bytes: [0x00, 0x02, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    Message(
      name: "an update of an unknown content type",
      bytes: [0x00, 0x02, 0x07, 0x01, 0x01, 0x01, 0x00, 0x1f, 0x01, 0x01]),
    Message(
      name: "a state vector with an overlong integer", bytes: [0x00, 0x00, 0x0c] + [UInt8](repeating: 0xff, count: 12)),
    Message(
      name: "an update that claims 2^40 structs",
      bytes: [0x00, 0x02, 0x08, 0x01, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0x01]),
    Message(name: "an awareness update cut short", bytes: [0x01, 0x03, 0x01, 0x05, 0x01]),
    Message(name: "a good message followed by garbage", bytes: [0x00, 0x00, 0x01, 0x00, 0x00, 0x02, 0x05, 0x01]),
  ]

  @Test("Garbage closes only the socket that sent it, with a reason", arguments: messages)
  func garbageClosesOneSocket(_ message: Message) async throws {
    let folder = try TemporaryFolder()
    let relay = try await Relay.start(store: folder.file("store.sqlite"))
    let yjs = try ClientHost.yjs()
    let alice = try await yjs.open("alice", at: relay.url, room: "shared")
    let bob = try await yjs.open("bob", at: relay.url, room: "shared")
    let vandal = try await yjs.openRawSocket("vandal", at: relay.url, room: "shared")
    try await alice.insert("before ", at: 0)
    try await eventuallyEqual([alice, bob]) { $0.text == "before " }
    try await eventually("the vandal is connected") { try await vandal.state().isConnected }

    try await vandal.send(message.bytes)
    let closure = try await eventually("the vandal's socket is closed") { try await vandal.state().closures.first }
    let parts = closure.split(separator: " ", maxSplits: 1)
    #expect(["1002", "1003", "1007", "1008"].contains(parts[0]), "close code and reason: \(closure)")
    #expect(parts.count == 2 && !parts[1].isEmpty, "close code and reason: \(closure)")

    try await bob.insert("after", at: 7)
    try await eventuallyEqual([alice, bob]) { $0.text == "before after" }
    #expect(try await alice.state().closures.isEmpty)
    #expect(try await bob.state().closures.isEmpty)
    let newcomer = try await yjs.open("newcomer", at: relay.url, room: "shared")
    try await eventuallyEqual([alice, newcomer]) { $0.text == "before after" }
  }
}
