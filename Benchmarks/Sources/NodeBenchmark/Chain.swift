import CRDT
import Foundation
import SocketClients
import SyncNode
import Synchronization

/// Five nodes in a row, each with a store on disk: a character that is typed at the first is seen at the last.
enum Chain {
  /// Of one node, too: what the machine and the sockets cost by themselves.
  private static let lengths = [1, 5]
  private static let room = "notes"
  /// What a fast typist needs for a character, in milliseconds.
  private static let pause = 5.0...10.0

  static func measure(keystrokes: Int) async throws {
    for length in lengths {
      for scheme in length == 1 ? ["tcp"] : ["tcp", "ws"] {
        for isClient in [false, true] {
          let latencies = try await latencies(keystrokes, length: length, scheme: scheme, isClient: isClient)
          let (median, high) = (latencies.quantile(0.5).milliseconds, latencies.quantile(0.99).milliseconds)
          let nodes = length == 1 ? "one node" : "\(length) nodes over \(scheme)"
          NodeBenchmark.row(
            "a keystroke through \(nodes), from \(isClient ? "a client" : "an edit") to a client, \(keystrokes) times",
            String(
              format: "p50 %.2f ms, p99 %.2f ms, max %.2f ms", median, high, latencies.quantile(1).milliseconds),
            aim: length == 1 ? "–" : "p99 < 20 ms")
        }
      }
    }
  }

  /// - Parameter isClient: Whether a client of the first node types, or its own process.
  private static func latencies(
    _ keystrokes: Int, length: Int, scheme: String, isClient: Bool
  ) async throws -> [Duration] {
    var latencies: [Duration] = []
    try await withTemporaryFolder { folder in
      var nodes: [RunningNode] = []
      for index in 0..<length {
        let peers = try nodes.last.map { [try $0.address(scheme)] } ?? []
        nodes.append(try await RunningNode(store: "\(folder)/\(index).sqlite", peers: peers))
      }
      for node in nodes.dropFirst() {
        try await until("a link") { node.node.links[0].peer != nil }
      }
      let stopwatch = Stopwatch()
      let replica = Replica()
      let reader = try await SocketClient(room: room, port: nodes[length - 1].port) { update, _ in
        stopwatch.noteSeen(replica.apply(update))
      }
      reader.askForAll()
      let typist = isClient ? try await clientTypist(nodes[0], stopwatch) : try await editTypist(nodes[0], stopwatch)
      // The first opens the room all along the chain.
      try await typist.type()
      try await until("the first character") { stopwatch.seenCount == 1 }
      var generator = SystemRandomNumberGenerator()
      for _ in 0..<keystrokes {
        try await Task.sleep(for: .milliseconds(Double.random(in: pause, using: &generator)))
        try await typist.type()
      }
      try await until("the last character") { stopwatch.seenCount == keystrokes + 1 }
      latencies = Array(stopwatch.latencies.dropFirst())
      await typist.end()
      await reader.close()
      for node in nodes.reversed() { await node.stop() }
    }
    return latencies
  }

  /// Somebody who types.
  private struct Typist {
    let type: () async throws -> Void
    let end: () async -> Void
  }

  private static func clientTypist(_ node: RunningNode, _ stopwatch: Stopwatch) async throws -> Typist {
    let client = try await SocketClient(room: room, port: node.port) { _, _ in }
    let document = Document()
    return Typist {
      stopwatch.noteTyped()
      let known = document.stateVector
      document.text("body").append("x")
      // Without the deletions it is what an observer would get.
      let update = document.encodeUpdate(since: known)
      client.send { $0.writeUpdateMessage(update) }
    } end: {
      await client.close()
    }
  }

  private static func editTypist(_ node: RunningNode, _ stopwatch: Stopwatch) async throws -> Typist {
    let handle = try await node.node.open(room)
    return Typist {
      // It returns when the edit is stored, which a typist does not wait for.
      Task {
        try await handle.edit { document in
          stopwatch.noteTyped()
          document.text("body").append("x")
        }
      }
    } end: {
      _ = try? await handle.read { _ in }
    }
  }
}

/// What a client has of a document, on its event loop.
// Sendable: it is touched by one socket's reader only.
final class Replica: @unchecked Sendable {
  private let document = Document()

  /// - Returns: How many characters there are now.
  func apply(_ update: UnsafeRawBufferPointer) -> Int {
    _ = try? document.apply(update)
    return document.text("body").count
  }
}
