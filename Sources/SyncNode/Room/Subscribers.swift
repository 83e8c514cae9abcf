import NIOCore

/// The connections of a room, by the event loop they live on: a broadcast costs one hop a loop.
struct Subscribers {
  private struct Group {
    let eventLoop: any EventLoop
    var connections: [Connection]
  }

  private var groups: [Group] = []
  private(set) var count = 0

  /// All connections, in no particular order.
  var all: [Connection] { groups.flatMap(\.connections) }

  mutating func insert(_ connection: Connection) {
    count += 1
    if let index = groups.firstIndex(where: { $0.eventLoop === connection.eventLoop }) {
      groups[index].connections.append(connection)
    } else {
      groups.append(Group(eventLoop: connection.eventLoop, connections: [connection]))
    }
  }

  /// - Complexity: O(*n*) for *n* connections on the same event loop.
  mutating func remove(_ connection: Connection) {
    guard let group = groups.firstIndex(where: { $0.eventLoop === connection.eventLoop }),
      let index = groups[group].connections.firstIndex(where: { $0 === connection })
    else { return }
    count -= 1
    groups[group].connections.remove(at: index)
    if groups[group].connections.isEmpty { groups.remove(at: group) }
  }

  /// Sends one frame to every connection but `sender`. The frame's bytes are shared.
  func send(_ frame: ByteBuffer, except sender: Connection?) {
    forEachLoop { connection in
      if connection !== sender { connection.send(frame) }
    }
  }

  /// Sends one frame with awareness to every connection. The frame's bytes are shared.
  func sendAwareness(_ frame: ByteBuffer) {
    forEachLoop { connection in connection.sendAwareness(frame) }
  }

  private func forEachLoop(_ body: @escaping @Sendable (Connection) -> Void) {
    for group in groups {
      group.eventLoop.runOrExecute { for connection in group.connections { body(connection) } }
    }
  }
}

extension EventLoop {
  /// Runs `body` on this event loop: at once when already there.
  func runOrExecute(_ body: @escaping @Sendable () -> Void) {
    if inEventLoop { body() } else { execute(body) }
  }
}
