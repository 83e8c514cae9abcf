import NIOCore
import Synchronization

/// Who wants to hear which signals. Of all event loops.
final class SignalBoard: Sendable {
  private let subscribers = Mutex(NameTable<[Connection.ID: Connection]>())

  /// Has a connection hear what is published about `topic`.
  func subscribe(_ connection: Connection, to topic: String) {
    subscribers.withLock { subscribers in
      if subscribers[topic] == nil { subscribers[topic] = [:] }
      subscribers[topic]?[connection.id] = connection
    }
  }

  /// Has it hear that no more.
  func unsubscribe(_ connection: Connection, from topic: String) {
    subscribers.withLock { subscribers in
      subscribers[topic]?[connection.id] = nil
      if subscribers[topic]?.isEmpty == true { subscribers[topic] = nil }
    }
  }

  /// Sends a signal to all who want it, the sender among them, as y-webrtc's own server does.
  ///
  /// - Parameter frame: Makes the frame, given how many they are.
  func publish(about topic: String, _ frame: (_ count: Int) -> ByteBuffer) {
    let receivers = subscribers.withLock { $0[topic] ?? [:] }
    guard !receivers.isEmpty else { return }
    let frame = frame(receivers.count)
    for receiver in receivers.values { receiver.eventLoop.runOrExecute { receiver.send(frame) } }
  }
}
