import ArgumentParser
import Foundation
import SyncNode

/// Makes a store smaller.
struct Compact: AsyncParsableCommand, ColoringCommand {
  /// What is told of a room that has changed.
  private struct Line: Encodable {
    let name: String
    /// Updates that were folded out of the log.
    let updates: Int
    /// Of the log, the snapshot and the history.
    let bytesBefore: Int
    let bytesAfter: Int
  }

  private struct Report: Encodable {
    let rooms: [Line]
    let fileBytesBefore: Int
    let fileBytesAfter: Int
  }

  static let configuration = CommandConfiguration(
    abstract: "Fold the logs of rooms into snapshots and give free space in the file back.",
    discussion: """
      The store must not be in use. A relay folds logs by itself once they are long; this does it now, for the named rooms
      or for all, and writes the file anew without its free pages. Content stays as it is, and so does who wrote what and \
      when, for as long as --history-days says. While the file is written, the disk needs room for it a second time. When \
      this is killed at any point, the store is whole.
      """)

  @Argument(help: "Names of rooms; without any, all are folded.")
  var rooms: [String] = []

  @Flag(help: "Print JSON: an object, with the rooms that have changed.")
  var json = false

  @OptionGroup var history: HistoryOptions
  @OptionGroup var store: StoreOptions
  @OptionGroup var coloring: ColorOptions

  func run() async throws {
    let before = try await store.replica.rooms(rooms).compactMap(\.stored)
    let fileBytes = store.fileBytes
    let progress = Progress()
    defer { progress.end() }
    // By the bytes of names: two strings are equal also where they are composed of other characters.
    var updates: [[UInt8]: Int] = [:]
    var vacuumFailure: StoreError?
    try await store.write(history: history.duration) { writer in
      for (index, room) in before.enumerated() {
        progress.note("folding room", index, of: before.count, room.name)
        updates[[UInt8](room.name.utf8)] = try writer.fold(room.name)
      }
      progress.note("writing the file anew")
      do throws(StoreError) { try writer.vacuum() } catch { vacuumFailure = error }
    }
    progress.end()
    let after = Dictionary(
      uniqueKeysWithValues: try store.replica.rooms(named: nil).compactMap(\.stored).map { ([UInt8]($0.name.utf8), $0) }
    )
    let lines = before.map { room in
      let name = [UInt8](room.name.utf8)
      return Line(
        name: room.name, updates: updates[name] ?? 0, bytesBefore: room.allBytes,
        bytesAfter: after[name]?.allBytes ?? 0)
    }
    let changed = lines.filter { $0.updates > 0 || $0.bytesBefore != $0.bytesAfter }
    try write(Report(rooms: changed, fileBytesBefore: fileBytes, fileBytesAfter: store.fileBytes))
    if let vacuumFailure {
      throw Failure(
        .unreachable, "\(vacuumFailure); all rooms are folded, and what became free stays in the file to be used later")
    }
  }

  private func write(_ report: Report) throws {
    if json { return try Output.json(report) }
    if !report.rooms.isEmpty {
      let rows = report.rooms.map {
        [Output.printable($0.name), "\($0.updates)", "\($0.bytesBefore)", "\($0.bytesAfter)"]
      }
      Output.table(["ROOM", "FOLDED", "BYTES BEFORE", "BYTES AFTER"], rows, numbers: [1, 2, 3])
    }
    Output.line("the store had \(report.fileBytesBefore) bytes and has \(report.fileBytesAfter)")
  }
}

extension StoreReader.Room {
  fileprivate var allBytes: Int { bytes + historyBytes }
}

extension StoreOptions {
  /// Bytes that the store takes on the disk, with what was not folded into its file yet.
  fileprivate var fileBytes: Int {
    ["", "-wal"].reduce(0) { sum, suffix in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path + suffix)
      return sum + (attributes?[.size] as? Int ?? 0)
    }
  }
}
