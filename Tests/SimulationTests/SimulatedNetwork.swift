import NIOCore
import NIOEmbedded

@testable import SyncNode

/// A connection between two nodes: whole frames go from one end to the other.
final class SimulatedConnection {
  struct End {
    let node: Int
    let channel: EmbeddedChannel
    /// When the last frame on its way to this end arrives: others come later, unless they may overtake.
    var lastArrival: Int64 = 0
    /// Whether the other end has been told that this one is closed, or never will be.
    var isEndTold = false
  }

  var ends: [End]

  init(_ first: End, _ second: End) { ends = [first, second] }

  /// Whether both ends are closed.
  var isOver: Bool { ends.allSatisfy { !$0.channel.isActive } }
}

/// Dials the nodes of a simulation: the host of an address is a node's number.
// Sendable: a simulation runs on one thread.
final class SimulatedDialler: PeerDialler, @unchecked Sendable {
  private unowned let simulation: Simulation
  private let node: Int

  init(_ simulation: Simulation, from node: Int) {
    self.simulation = simulation
    self.node = node
  }

  func dial(
    _ address: PeerAddress, on eventLoop: any EventLoop, for node: Node,
    start: @escaping @Sendable (Connection) -> any Conversation, ended: @escaping @Sendable (String) -> Void
  ) {
    simulation.dial(from: self.node, to: address.port - 1, for: node, start: start, ended: ended)
  }
}
