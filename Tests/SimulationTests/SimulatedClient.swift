import CRDT
import NIOCore

@testable import SyncNode

/// A stock client: keeps its documents in memory, edits them with or without a connection, and connects again and again.
final class SimulatedClient {
  enum Kind: Equatable {
    /// y-websocket's protocol: one room.
    case singleRoom
    /// Hocuspocus' protocol: many rooms, each behind its name, or behind an address of its own at each opening.
    case manyRooms(hasSessions: Bool)
  }

  let number: Int
  let kind: Kind
  let replicas: [SimulatedReplica]
  private unowned let simulation: Simulation
  /// The connection, while there is one.
  private(set) var socket: SimulatedSocket?
  /// Whether the client will never come back.
  var isGone = false
  /// Distinguishes the attempts to connect: only the last one counts.
  var lastAttempt = 0
  /// Attempts in a row that came to nothing.
  var failures = 0
  /// The node that was dialled last.
  var node: Int
  private var lastSession = 0
  /// How many ends of documents the node has not answered, by address.
  private var endsUnderWay: [[UInt8]: Int] = [:]
  private var lastHeard: Int64 = 0

  /// - Parameter replicas: Of rooms; one where the kind has one.
  init(number: Int, kind: Kind, replicas: [SimulatedReplica], node: Int, in simulation: Simulation) {
    self.number = number
    self.kind = kind
    self.replicas = replicas
    self.node = node
    self.simulation = simulation
  }

  /// What it asks for when it connects.
  var path: WebSocketPath { kind == .singleRoom ? .room(replicas[0].name) : .multiplexed }

  private var now: UInt64 { UInt64(simulation.now / Simulation.millisecond) }
}

// MARK: The connection

extension SimulatedClient {
  /// A server that has said nothing for so long is given up.
  private static let silenceMax = 30 * Simulation.second

  func connect(_ socket: SimulatedSocket) {
    self.socket = socket
    failures = 0
    lastHeard = simulation.now
    for replica in replicas { open(replica) }
  }

  /// Forgets the connection, which has ended.
  func disconnect() {
    socket = nil
    endsUnderWay = [:]
    for replica in replicas { replica.close(now: now) }
  }

  /// Does what time asks for, every three seconds.
  ///
  /// - Returns: Whether the connection is to be given up.
  func check() -> Bool {
    for replica in replicas { send(replica.check(now: now), of: replica) }
    return socket != nil && simulation.now - lastHeard >= SimulatedClient.silenceMax
  }

  /// Opens a room over the connection.
  func open(_ replica: SimulatedReplica) {
    guard socket != nil, !replica.isOpen else { return }
    if case .manyRooms(let hasSessions) = kind {
      lastSession += 1
      replica.address = Array((hasSessions ? "\(replica.name)\0\(lastSession)" : replica.name).utf8)
      send(of: replica) { writer in
        writer.writeVarUInt(2)
        writer.writeVarUInt(0)
        writer.writeVarString("token")
      }
    }
    send(replica.open(), of: replica)
  }

  /// Closes a room, whose connection stays.
  func close(_ replica: SimulatedReplica) {
    guard socket != nil, replica.isOpen else { return }
    send(of: replica) { $0.writeVarUInt(7) }
    endsUnderWay[replica.address, default: 0] += 1
    replica.close(now: now)
  }
}

// MARK: Messages

extension SimulatedClient {
  /// - Parameter marker: What is written by the edit; nil when something is only deleted.
  func edit(_ replica: SimulatedReplica, marker: String?, _ body: (Document) -> Void) {
    send(replica.edit(marker: marker, body), of: replica)
  }

  /// States something new of the client, or with nil that it leaves.
  func state(_ text: String?, in replica: SimulatedReplica) {
    send(replica.state(text, now: now), of: replica)
  }

  /// - Returns: False when the connection is to end, since the server says so.
  func receive(_ frame: ByteBuffer) throws -> Bool {
    switch ReceivedFrame(frame) {
    case .message(let message):
      // A ping says nothing to a stock client: its browser answers.
      lastHeard = simulation.now
      try message.withUnsafeReadableBytes { try receive($0) }
    case .ping(let payload):
      transmit(Transport.webSocketClient.pong(payload))
    case .close(let payload):
      transmit(Transport.webSocketClient.closeReply(payload))
      if payload.getInteger(at: payload.readerIndex, as: UInt16.self) == CloseCode.outdated.rawValue {
        simulation.reload(replicas[0], of: self)
      }
      return false
    case nil: throw Surprise(what: "a frame cannot be read")
    }
    return true
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) throws {
    guard kind != .singleRoom else { return try receive(bytes, in: replicas[0]) }
    var reader = ByteReader(bytes)
    let address = [UInt8](try reader.readVarString())
    let offset = reader.byteOffset
    guard let replica = replicas.first(where: { $0.address == address }) else { return }
    let message = try reader.readVarUInt()
    if message == 7 { return endsUnderWay[address] = (endsUnderWay[address] ?? 1) - 1 }
    // What comes before the answer to an end is about what came before the end.
    guard replica.isOpen, endsUnderWay[address] ?? 0 == 0 else { return }
    switch message {
    case 0, 1, 3: try receive(UnsafeRawBufferPointer(rebasing: bytes[offset...]), in: replica)
    case 2:
      guard try reader.readVarUInt() == 1 else { break }
      let reason = String(decoding: try reader.readVarString(), as: UTF8.self)
      guard reason.contains("recreated") else { throw Surprise(what: "a document was denied: \(reason)") }
      replica.close(now: now)
      simulation.reload(replica, of: self)
      open(replica)
    case 8:
      guard try reader.readVarUInt() == 1 else { throw Surprise(what: "an update was not taken") }
      let isExpected = replica.receiveStatus { self.noteStored($0, in: replica) }
      guard isExpected else { throw Surprise(what: "a status is about nothing that was sent") }
    default: throw Surprise(what: "a message of kind \(message)")
    }
  }

  private func receive(_ bytes: UnsafeRawBufferPointer, in replica: SimulatedReplica) throws {
    let answers = try replica.receive(bytes, echoes: kind == .singleRoom, now: now) {
      self.noteStored($0, in: replica)
    }
    send(answers, of: replica)
  }

  private func noteStored(_ markers: [String], in replica: SimulatedReplica) {
    if let socket { simulation.noteStored(markers, of: replica.name, on: socket.node) }
  }

  private func send(_ messages: [[UInt8]], of replica: SimulatedReplica) {
    for message in messages {
      message.withUnsafeBytes { bytes in
        transmit(framing(replica).frame(bytes))
      }
    }
  }

  private func send(of replica: SimulatedReplica, _ write: (inout ByteWriter) -> Void) {
    transmit(framing(replica).frame(write))
  }

  private func framing(_ replica: SimulatedReplica) -> Framing {
    Framing(transport: .webSocketClient, address: kind == .singleRoom ? nil : replica.address)
  }

  private func transmit(_ frame: ByteBuffer) {
    if let socket { simulation.transmit(frame, over: socket) }
  }

  /// Something that no server should say.
  private struct Surprise: Error, CustomStringConvertible {
    let what: String

    var description: String { what }
  }
}
