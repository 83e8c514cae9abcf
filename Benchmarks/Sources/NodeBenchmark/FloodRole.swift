import BenchmarkSupport
import CRDT
import Foundation
import NIOCore
import SocketClients
import SyncNode
import Synchronization

/// What one process of ``Flood`` does.
enum FloodRole {
  case node(store: String)
  case flooders(FloodKind, port: Int)

  /// Nil when the command line asks for none of these roles.
  init?(_ arguments: some Sequence<String>) throws(Options.Malformed) {
    let words = Array(arguments)
    guard words.first == "--role", words.count > 2 else { return nil }
    switch (words[1], words.count) {
    case ("flooded", 3): self = .node(store: words[2])
    case ("flooders", 4):
      guard let kind = FloodKind(rawValue: words[2]), let port = Int(words[3]) else { throw Options.Malformed() }
      self = .flooders(kind, port: port)
    default: return nil
    }
  }

  func play() async throws {
    switch self {
    case .node(let store): try await Self.serve(store)
    case .flooders(let kind, let port): try await Self.flood(kind, port)
    }
  }

  private static func tell(_ figures: FloodFigures) throws {
    report(String(decoding: try JSONEncoder().encode(figures), as: UTF8.self))
  }

  /// Denies one token, which stands for all that are not good.
  private struct Doorkeeper: Authorizer {
    func grant(for request: AccessRequest) async throws -> Grant {
      if request.token == "bad" { throw AccessDenied("the token is not known", .unauthenticated) }
      return Grant()
    }
  }

  /// A node with the default limits; tells of itself whenever it is asked.
  private static func serve(_ store: String) async throws {
    let node = try await RunningNode(store: store, authorizer: Doorkeeper())
    var before: (refusals: [Refusal: Int], slowdowns: [Slowdown: Int]) = ([:], [:])
    repeat {
      var figures = FloodFigures(port: node.port)
      figures.peakBytes = ProcessMemory.peakBytes
      figures.processorSeconds = ProcessTime.seconds
      let now = (refusals: node.node.refusalCounts, slowdowns: node.node.slowdownCounts)
      for (refusal, count) in now.refusals where count > before.refusals[refusal] ?? 0 {
        figures.reasons[refusal.rawValue] = count - (before.refusals[refusal] ?? 0)
      }
      for (slowdown, count) in now.slowdowns where count > before.slowdowns[slowdown] ?? 0 {
        figures.reasons["slowed: " + slowdown.rawValue] = count - (before.slowdowns[slowdown] ?? 0)
      }
      before = now
      ProcessMemory.forgetPeak()
      try tell(figures)
    } while readLine() != nil
    await node.stop()
  }

  // MARK: Flooders

  /// What they get through.
  private final class Counter: Sendable {
    let connections = Atomic<Int>(0)
    let messages = Atomic<Int>(0)
    let bytes = Atomic<Int>(0)
  }

  /// Floods until nobody asks any more. Whatever the processor has left is enough for that: others would flood from other
  /// machines.
  private static func flood(_ kind: FloodKind, _ port: Int) async throws {
    _ = nice(19)
    if kind == .questions || kind == .unread { try await fill(kind.room(of: 0, 0), port) }
    let counter = Counter()
    for flooder in 0..<kind.connections {
      Task {
        var connection = 0
        while true {
          await connect(kind, port, flooder: flooder, connection, counter)
          connection += 1
        }
      }
    }
    try await until("the flood") { counter.connections.load(ordering: .relaxed) > 0 }
    repeat {
      var figures = FloodFigures()
      figures.connections = counter.connections.load(ordering: .relaxed)
      figures.messages = counter.messages.load(ordering: .relaxed)
      figures.sentBytes = counter.bytes.load(ordering: .relaxed)
      try tell(figures)
    } while readLine() != nil
    exit(0)
  }

  /// Writes the document that others ask for.
  private static func fill(_ room: String, _ port: Int) async throws {
    let isStored = Atomic(false)
    let client = try await SocketClient(room: room, port: port) { _, _ in isStored.store(true, ordering: .relaxed) }
    let document = Document()
    document.text("t").append(String(repeating: "x", count: 1_000_000))
    client.send { $0.writeUpdateMessage(document.encodeUpdate()) }
    client.send { writer in
      let states = (0..<100 as Range<UInt64>).map {
        AwarenessEntry(client: ClientID(rawValue: $0), clock: 1, state: [UInt8](repeating: 0x31, count: 1000))
      }
      writer.writeAwarenessMessage(AwarenessUpdate(states))
    }
    try await until("the document") { isStored.load(ordering: .relaxed) }
  }

  /// One connection, for as long as it lasts.
  private static func connect(
    _ kind: FloodKind, _ port: Int, flooder: Int, _ connection: Int, _ counter: Counter
  ) async {
    do {
      if kind == .connections {
        let socket = try await FloodSocket(port: port, from: "127.0.0.2")
        counter.connections.add(1, ordering: .relaxed)
        // Those that are let in stay, and take the places of others.
        Task { await socket.waitForEnd() }
        return
      }
      let isBad = kind == .malformed && connection % 2 == 0
      let socket = try await FloodSocket.join(
        kind.room(of: flooder, connection), port: port, token: isBad ? "bad" : nil, isReading: kind != .unread)
      counter.connections.add(1, ordering: .relaxed)
      var source = FloodSource(kind, flooder: flooder + connection << 8, messageBytesMax: 32 << 20)
      while socket.isOpen {
        let block = source.next()
        do { try await socket.send(block.parts) } catch { break }
        counter.messages.add(block.messages, ordering: .relaxed)
        counter.bytes.add(block.parts.reduce(0) { $0 + $1.readableBytes }, ordering: .relaxed)
      }
      await socket.close()
    } catch {
      // It was closed before it was heard: too many of them, no memory for a room.
      try? await Task.sleep(for: .milliseconds(1))
    }
  }
}

/// What one process of a flood says.
struct FloodFigures: Codable {
  var port = 0
  /// The most that a node had in memory since it was asked last.
  var peakBytes = 0
  var processorSeconds = 0.0
  /// What was refused or slowed down since then, and how often.
  var reasons: [String: Int] = [:]
  /// What flooders got through, since they began.
  var connections = 0
  var messages = 0
  var sentBytes = 0
}

/// What this process takes of the processor.
enum ProcessTime {
  /// Seconds since it began, of all its threads.
  static var seconds: Double {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
  }
}
