import CRDT
import Synchronization
import Testing

@testable import SyncNode

/// Clients that send as fast as their sockets take it, keep nothing of what they get, and come back when they are cut off.
final class Flooding: Sendable {
  /// What a client sends next.
  typealias Source = @Sendable (_ client: Int, _ number: Int) -> [UInt8]
  /// The room of a client's connection.
  typealias Place = @Sendable (_ client: Int, _ connection: Int) -> String

  private let clients: Int
  private let place: Place
  private let source: Source
  private let isHolding: Bool
  private let sent = Atomic<Int>(0)
  private let closures = Mutex<[String: Int]>([:])

  /// - Parameters:
  ///   - clients: How many flood at the same time.
  ///   - place: Where each connection goes.
  ///   - isHolding: Whether another connection stays in each room, and says nothing.
  ///   - source: What is sent.
  init(clients: Int, in place: @escaping Place, isHolding: Bool = false, sending source: @escaping Source) {
    self.clients = clients
    self.isHolding = isHolding
    self.place = place
    self.source = source
  }

  /// Bytes that sockets have taken.
  var sentBytes: Int { sent.load(ordering: .relaxed) }

  /// How often connections were closed, by code and reason.
  var ends: [String: Int] { closures.withLock { $0 } }

  /// Floods until `body` returns.
  func run(_ server: TestServer, while body: () async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for client in 0..<clients { group.addTask { await self.flood(server, as: client) } }
      defer { group.cancelAll() }
      try await body()
    }
  }

  private func flood(_ server: TestServer, as number: Int) async {
    var (connections, messages) = (0, 0)
    var held: [TestClient] = []
    defer { for client in held { client.abandon() } }
    while !Task.isCancelled {
      if isHolding, let client = try? await server.connect(place(number, connections)) {
        client.keepNothing()
        held.append(client)
      }
      guard let client = try? await server.connect(place(number, connections)) else { return }
      connections += 1
      client.keepNothing()
      try? await client.keepLittle()
      await withTaskCancellationHandler {
        while !client.isClosed {
          let message = source(number, messages)
          messages += 1
          do { try await client.sendUnmasked(message) } catch { break }
          sent.add(message.count, ordering: .relaxed)
        }
      } onCancel: {
        client.abandon()
      }
      if case .closed(let code?, let reason) = client.received.first {
        closures.withLock { $0["\(code) \(reason)", default: 0] += 1 }
      }
      client.abandon()
    }
  }
}

extension TestClient {
  /// Bytes of all messages that were received.
  var messageBytes: Int {
    received.reduce(0) { if case .message(let bytes) = $1 { $0 + bytes.count } else { $0 } }
  }
}

extension Message {
  /// Says states of many clients.
  static func awareness(of entries: [AwarenessEntry]) -> [UInt8] {
    var message = ByteWriter()
    message.writeAwarenessMessage(AwarenessUpdate(entries))
    return message.bytes()
  }

  /// A state of so many bytes.
  static func state(of byteCount: Int) -> String { "\"" + String(repeating: "x", count: byteCount - 2) + "\"" }

  /// An update in which `client` inserts `byteCount` letters at the start of the text `t`, at `clock`.
  static func insertion(of byteCount: Int, client: Int, clock: Int = 0) -> [UInt8] {
    var update = ByteWriter(capacity: byteCount + 32)
    for number in [1, 1, client, clock, 4, 1] { update.writeVarUInt(UInt64(number)) }
    update.writeVarString("t")
    update.writeVarUInt(UInt64(byteCount))
    let text = [UInt8](repeating: 0x78, count: byteCount)
    text.withUnsafeBytes { update.writeBytes($0) }
    update.writeByte(0)
    return Message.update(update.bytes())
  }

  /// An update in which `client` sets the value of one key of the map `m`, always the same one, to `byteCount` letters.
  static func value(of byteCount: Int, client: Int) -> [UInt8] {
    var update = ByteWriter(capacity: byteCount + 32)
    for number in [1, 1, client, 0, 0x28, 1] { update.writeVarUInt(UInt64(number)) }
    for name in ["m", "k"] { update.writeVarString(name) }
    // One value, a string.
    for byte in [1, 119] as [UInt8] { update.writeByte(byte) }
    [UInt8](repeating: 0x78, count: byteCount).withUnsafeBytes { update.writeVarBytes($0) }
    update.writeByte(0)
    return Message.update(update.bytes())
  }

  /// An update that deletes the unit at `clock` of each of `others`.
  static func deletion(at clock: Int, of others: Range<Int>) -> [UInt8] {
    var update = ByteWriter()
    for number in [0, others.count] { update.writeVarUInt(UInt64(number)) }
    for other in others { for number in [other, 1, clock, 1] { update.writeVarUInt(UInt64(number)) } }
    return Message.update(update.bytes())
  }
}
