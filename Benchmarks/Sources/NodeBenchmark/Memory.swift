import Foundation

/// A large document on its way to an empty node and to clients, each side a process of its own.
///
/// The document's size in memory is the heap that it takes; a peak is all that the process has resident at once, code and
/// runtime included.
enum Memory {
  static func measure(megabytes: Int) async throws {
    for kind in MemoryRole.Contents.allCases {
      try await withTemporaryFolder { folder in
        let store = "\(folder)/sender.sqlite"
        let preparing = try Child("prepare", store, kind.rawValue, "\(megabytes)")
        let prepared = try preparing.result()
        preparing.end()
        try receive(prepared, kind, folder: folder)
        for isSlow in [false, true] { try read(folder: folder, isSlow: isSlow) }
      }
    }
  }

  private static func receive(_ prepared: Figures, _ kind: MemoryRole.Contents, folder: String) throws {
    let sender = try Child("sender", "\(folder)/sender.sqlite")
    let loaded = try sender.result()
    NodeBenchmark.row(
      "document of \(kind.title): as an update, in memory",
      format(prepared.updateBytes) + ", " + format(loaded.documentBytes))
    NodeBenchmark.row("… loaded from the store: peak", peak(loaded, of: loaded))
    let receiver = try Child("receiver", "\(folder)/receiver.sqlite", "\(loaded.peerPort)", "\(prepared.units)")
    let received = try receiver.result()
    let sent = try sender.ask()
    NodeBenchmark.row("… sent to an empty node: peak of the sender", peak(sent, of: loaded), aim: "< 3 ×")
    NodeBenchmark.row("… received by an empty node: peak of the receiver", peak(received, of: loaded), aim: "< 3 ×")
    NodeBenchmark.row("… until the receiver has stored it", String(format: "%.2f s", received.seconds))
    receiver.end()
    sender.end()
  }

  private static func read(folder: String, isSlow: Bool) throws {
    let count = isSlow ? 8 : 1
    let sender = try Child("sender", "\(folder)/sender.sqlite")
    let loaded = try sender.result()
    let reader = try Child("clients", "\(loaded.port)", "\(count)", "\(isSlow ? 2 : 0)")
    let read = try reader.result()
    let sent = try sender.ask()
    let title = isSlow ? "\(count) clients that read nothing for 2 s" : "a client"
    NodeBenchmark.row("… read by \(title): peak of the node", peak(sent, of: loaded), aim: "< 3 ×")
    NodeBenchmark.row("… until the last has read it", String(format: "%.2f s", read.seconds))
    reader.end()
    sender.end()
  }

  /// - Parameter document: Figures of a process that had loaded the document and nothing else.
  private static func peak(_ figures: Figures, of document: Figures) -> String {
    let ratio = Double(figures.peakBytes) / Double(document.documentBytes)
    return format(figures.peakBytes) + String(format: ", %.2f × the document", ratio)
  }

  private static func format(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }
}

/// What one process of a measurement says.
struct Figures: Codable {
  var port = 0
  var peerPort = 0
  /// The document as an update.
  var updateBytes = 0
  /// The heap that the document takes.
  var documentBytes = 0
  /// The most that the process had in memory.
  var peakBytes = 0
  /// Characters of the document.
  var units = 0
  var seconds = 0.0
}

/// This program in a process of its own, in one of the roles of ``MemoryRole``.
final class Child {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var received = Data()

  init(_ role: String...) throws {
    process.executableURL = URL(filePath: CommandLine.arguments[0])
    process.arguments = ["--role"] + role
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  /// Waits for what the process has to say.
  func result() throws -> Figures { try result(Figures.self) }

  /// Asks once more.
  func ask() throws -> Figures { try ask(Figures.self) }

  /// Waits for what the process has to say.
  func result<Result: Decodable>(_ type: Result.Type) throws -> Result {
    while true {
      if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
        let line = received[received.startIndex..<end]
        received = Data(received[received.index(after: end)...])
        return try JSONDecoder().decode(type, from: line)
      }
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { throw WrongResult(description: "\(process.arguments ?? []) ended early") }
      received += more
    }
  }

  /// Asks once more.
  func ask<Result: Decodable>(_ type: Result.Type) throws -> Result {
    input.fileHandleForWriting.write(Data("\n".utf8))
    return try result(type)
  }

  func end() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
