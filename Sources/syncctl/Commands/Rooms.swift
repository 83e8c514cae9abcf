import ArgumentParser
import CRDT
import SyncNode

/// Lists what a store or a relay holds.
struct Rooms: AsyncParsableCommand, ColoringCommand, PagingCommand {
  /// What only the document of a room tells.
  private struct Details {
    /// Clients that ever wrote to it.
    let writers: Int
    /// Units that were deleted.
    let tombstones: Int
    /// What waits for updates that are not there.
    let pendingBytes: Int
    let pendingDeletedUnits: UInt64

    init(_ document: Document) {
      let statistics = document.statistics
      writers = statistics.clients
      tombstones = statistics.deletedUnits
      pendingBytes = document.pending?.byteCount ?? 0
      pendingDeletedUnits = document.pending?.deletedUnits ?? 0
    }

    var cells: [String] {
      let deletions = pendingDeletedUnits == 0 ? "" : " and \(pendingDeletedUnits) deletions"
      return ["\(writers)", "\(tombstones)", "\(pendingBytes)\(deletions)"]
    }
  }

  /// What is told of a room: what is stored, how a relay uses it, and what is in it.
  private struct Line: Encodable {
    private enum Key: String, CodingKey {
      case name, clients, peers, memoryBytes, writers, tombstones, pendingBytes, pendingDeletedUnits
    }

    let report: RoomReport
    /// Nil where they were not asked for, and where the room has gone meanwhile.
    var details: Details?

    func encode(to encoder: any Encoder) throws {
      try report.stored?.encode(to: encoder)
      var members = encoder.container(keyedBy: Key.self)
      try members.encode(report.name, forKey: .name)
      try members.encodeIfPresent(report.usage?.clients, forKey: .clients)
      try members.encodeIfPresent(report.usage?.peers, forKey: .peers)
      try members.encodeIfPresent(report.usage?.memoryBytes, forKey: .memoryBytes)
      try members.encodeIfPresent(details?.writers, forKey: .writers)
      try members.encodeIfPresent(details?.tombstones, forKey: .tombstones)
      try members.encodeIfPresent(details?.pendingBytes, forKey: .pendingBytes)
      try members.encodeIfPresent(details?.pendingDeletedUnits, forKey: .pendingDeletedUnits)
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "List the rooms of a store or of a relay.",
    discussion: """
      BYTES are those of the document as it is stored, without its history. Of a relay, CLIENTS are those who have the \
      room open, a dash where it is not loaded.

      With --details all documents are read: WRITERS are the clients that ever wrote to one, TOMBSTONES the units \
      that were deleted, PENDING the bytes that wait for updates which are not there; see `syncctl status` for which.
      """)

  @OptionGroup var options: ReplicaOptions
  @OptionGroup var coloring: ColorOptions
  @OptionGroup var paging: PagingOptions

  @Flag(help: "Read all documents, and tell of each how many wrote to it, what was deleted and what waits.")
  var details = false

  @Flag(help: "Print JSON: an array of objects, in the order of their names.")
  var json = false

  func run() async throws {
    let replica = try options.replica()
    let lines = try await lines(of: replica.rooms(named: nil), in: replica)
    if json { try Output.json(lines) } else { printTable(lines) }
  }

  private func lines(of rooms: [RoomReport], in replica: any Replica) async throws -> [Line] {
    var lines = rooms.map { Line(report: $0) }
    guard details else { return lines }
    let progress = Progress()
    defer { progress.end() }
    for index in lines.indices {
      let name = lines[index].report.name
      progress.note("reading room", index, of: lines.count, name)
      lines[index].details = try await replica.storedDocument(of: name).map { Details($0) }
    }
    return lines
  }

  private func printTable(_ lines: [Line]) {
    let isLive = options.url != nil
    var header = ["ROOM", "UPDATES", "BYTES", "MODIFIED"]
    if isLive { header.append("CLIENTS") }
    if details { header += ["WRITERS", "TOMBSTONES", "PENDING"] }
    let rows = lines.map { line in
      var row = [Output.printable(line.report.name), "-", "-", "-"]
      if let stored = line.report.stored {
        row[1...] = ["\(stored.updates)", "\(stored.bytes)", Output.time(stored.modifiedMilliseconds)]
      }
      if isLive { row.append(line.report.usage.map { "\($0.clients)" } ?? "-") }
      guard details else { return row }
      return row + (line.details?.cells ?? ["-", "-", "-"])
    }
    Output.table(header, rows, numbers: Set(header.indices).subtracting([0, 3]))
  }
}
