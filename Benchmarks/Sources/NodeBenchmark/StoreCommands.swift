import CRDT
import Foundation
import Logging
import SyncNode

/// How long commands take that look into a large store, as whole processes.
enum StoreCommands {
  /// Rooms that are written at the same time.
  private static let roomsAtOnce = 64

  /// - Parameters:
  ///   - program: The `syncctl` to run.
  ///   - rooms: In the store.
  ///   - updates: In all rooms together.
  static func measure(program: String, rooms: Int, updates: Int, runs: Int) async throws {
    try await withTemporaryFolder { folder in
      let store = "\(folder)/store.sqlite"
      try await fill(store, rooms: rooms, updates: updates)
      NodeBenchmark.row("a store of \(rooms) rooms and \(updates) updates", try size(of: store))
      let room = name(rooms / 2)
      for (command, aim) in [
        (["rooms"], 500.0), (["show", room], 100), (["log", room, "--limit", "20"], 100),
        (["verify"], Double(updates) / 200),
      ] {
        var times: [Duration] = []
        for _ in 0..<runs { times.append(try time(program, command + ["--store", store])) }
        NodeBenchmark.row(
          "`syncctl \(command.joined(separator: " "))`, \(runs) runs",
          String(
            format: "median %.0f ms, max %.0f ms", times.quantile(0.5).milliseconds, times.quantile(1).milliseconds),
          aim: String(format: "< %.0f ms", aim))
      }
    }
  }

  private static func name(_ index: Int) -> String { "project:\(index)" }

  /// Lets a node make the store: in each room somebody types.
  private static func fill(_ path: String, rooms: Int, updates: Int) async throws {
    var configuration = Node.Configuration(store: .file(path))
    configuration.durability = .normal
    configuration.logger.logLevel = .error
    let node = try Node(configuration)
    for first in stride(from: 0, to: rooms, by: roomsAtOnce) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in first..<min(first + roomsAtOnce, rooms) {
          let count = updates * (index + 1) / rooms - updates * index / rooms
          group.addTask {
            try await node.open(name(index)).edit { document in
              let text = document.text("body")
              for number in 0..<count { text.insert("word \(number) ", at: text.count / 2) }
            }
          }
        }
        try await group.waitForAll()
      }
    }
    await node.stop()
  }

  private static func size(of path: String) throws -> String {
    let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    return String(format: "%.0f MB", Double(bytes) / 1e6)
  }

  private static func time(_ program: String, _ arguments: [String]) throws -> Duration {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    let start = ContinuousClock.now
    try process.run()
    process.waitUntilExit()
    let time = ContinuousClock.now - start
    guard process.terminationStatus == 0 else {
      throw WrongResult(description: "\(arguments) ended with \(process.terminationStatus)")
    }
    return time
  }
}
