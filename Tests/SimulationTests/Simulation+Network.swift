import CRDT
import NIOCore
import NIOEmbedded
import TestSupport

@testable import SyncNode

// The simulated network: who is connected, and what becomes of the frames on their way.

extension Simulation {
  func dial(
    from: Int, to: Int, for node: Node, start: @escaping @Sendable (Connection) -> any Conversation,
    ended: @escaping @Sendable (String) -> Void
  ) {
    let life = machines[from].life
    schedule(in: between(0, 20 * Simulation.millisecond)) { [self] in
      guard isAlive(from, life) else { return }
      guard let target = machines[to].node, !cuts.contains([from, to]), !cuts.contains([to, from]) else {
        return ended("nobody answers")
      }
      note("node \(from) is connected to \(to)")
      let dialling = channel(on: from, LengthPrefixedHandler(node: node) { start($0) })
      let accepting = channel(
        on: to, LengthPrefixedHandler(node: target) { PeerConversation(node: target, connection: $0, wanted: nil) })
      dialling.closeFuture.whenComplete { _ in ended("the connection ended") }
      connections.append(
        SimulatedConnection(.init(node: from, channel: dialling), .init(node: to, channel: accepting)))
      for channel in [accepting, dialling] { channel.connect(to: Simulation.anyAddress, promise: nil) }
    }
  }

  static var anyAddress: SocketAddress {
    guard let address = try? SocketAddress(ipAddress: "127.0.0.1", port: 1) else {
      preconditionFailure("an address that cannot be wrong is wrong")
    }
    return address
  }

  private func channel(on index: Int, _ handler: LengthPrefixedHandler) -> EmbeddedChannel {
    EmbeddedChannel(handler: handler, loop: machines[index].eventLoop)
  }

  /// Takes up what was sent, and who closed.
  func carryFrames(of only: Int? = nil) {
    for connection in connections where only == nil || connection.ends.contains(where: { $0.node == only }) {
      for (sender, receiver) in [(0, 1), (1, 0)] {
        let channel = connection.ends[sender].channel
        while let frame = try? channel.readOutbound(as: ByteBuffer.self) {
          send(frame, over: connection, to: receiver)
        }
        guard !channel.isActive, !connection.ends[sender].isEndTold else { continue }
        connection.ends[sender].isEndTold = true
        schedule(in: arrival(over: connection, to: receiver) - now, on: connection.ends[receiver].node) { [self] in
          guard !isCut(connection, to: receiver) else { return }
          connection.ends[receiver].channel.close(promise: nil)
        }
      }
    }
    connections.removeAll { $0.isOver }
    carryFramesToClients(of: only)
  }

  private func send(_ frame: ByteBuffer, over connection: SimulatedConnection, to receiver: Int) {
    let from = connection.ends[1 - receiver].node
    let to = connection.ends[receiver].node
    var copies = 1
    if areFaultsOn {
      if scenario.dropOneIn > 0, random.oneIn(scenario.dropOneIn) { copies = 0 }
      if scenario.duplicateOneIn > 0, random.oneIn(scenario.duplicateOneIn) { copies = 2 }
    }
    if copies != 1 { note("\(copies) copies from \(from) to \(to) of \(describe(frame))") }
    for _ in 0..<copies {
      schedule(in: arrival(over: connection, to: receiver) - now, on: to) { [self] in
        let channel = connection.ends[receiver].channel
        guard channel.isActive, !isCut(connection, to: receiver) else { return }
        note("\(from) → \(to): \(describe(frame))")
        _ = try? channel.writeInbound(frame)
      }
    }
  }

  private func isCut(_ connection: SimulatedConnection, to receiver: Int) -> Bool {
    cuts.contains([connection.ends[1 - receiver].node, connection.ends[receiver].node])
  }

  private func arrival(over connection: SimulatedConnection, to receiver: Int) -> Int64 {
    let time = now + between(0, scenario.delayMax)
    if areFaultsOn, scenario.mayOvertake { return time }
    let inOrder = max(time, connection.ends[receiver].lastArrival)
    connection.ends[receiver].lastArrival = inOrder
    return inOrder
  }

  private func describe(_ frame: ByteBuffer) -> String {
    var bytes = frame
    bytes.moveReaderIndex(forwardBy: 4)
    return bytes.withUnsafeReadableBytes { bytes in
      guard let (address, message) = try? PeerMessage.decode(bytes) else { return "something" }
      return "\(String(decoding: bytes[address], as: UTF8.self)) \(message)"
    }
  }
}
