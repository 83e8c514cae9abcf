import ArgumentParser
import CRDT
import SyncNode

/// Counts what a document is made of.
struct Stats: AsyncParsableCommand, ColoringCommand, PagingCommand {
  private struct Units: Encodable {
    let written: UInt64
    let deleted: UInt64

    var text: String { deleted == 0 ? "\(written)" : "\(written), \(deleted) of them deleted" }
  }

  private struct Client: Encodable {
    let client: UInt64
    let units: Units
  }

  private struct Root: Encodable {
    let name: String
    let kind: String
    let count: Int
  }

  private struct EncodedBytes: Encodable {
    let v1: Int
    let v2: Int
  }

  private struct Missing: Encodable {
    let client: UInt64
    let clock: UInt64
  }

  private struct Pending: Encodable {
    let bytes: Int
    let deletedUnits: UInt64
    let missing: [Missing]
  }

  private struct Report: Encodable {
    /// Absent where documents are in memory only.
    let stored: StoreReader.Room?
    let units: Units
    let types: Int
    let clients: [Client]
    let roots: [Root]
    let encodedBytes: EncodedBytes
    let memoryBytes: Int
    let pending: Pending
  }

  static let configuration = CommandConfiguration(
    abstract: "Count what a room's document is made of, and who wrote how much.",
    discussion: """
      Units are UTF-16 units of text, elements of arrays and values of members: what a client's clock counts. Deleted ones \
      stay as tombstones. What waits for updates that are not there is told with what it waits for.
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Flag(help: "Print JSON: an object.")
  var json = false

  @OptionGroup var options: ReplicaOptions
  @OptionGroup var coloring: ColorOptions
  @OptionGroup var paging: PagingOptions

  func run() async throws {
    let replica = try options.replica()
    let document = try await replica.document(of: room)
    let stored = try await replica.rooms([room])[0].stored
    let report = Stats.report(on: document, stored)
    if json { try Output.json(report) } else { Stats.print(report, of: room) }
  }

  private static func report(on document: Document, _ room: StoreReader.Room?) -> Report {
    let deletions = document.deleteSet
    func deleted(of client: ClientID) -> UInt64 {
      deletions.ranges(of: client).reduce(0) { $0 + ($1.upperBound - $1.lowerBound) }
    }
    let clients = document.stateVector.clocks.map { client, clock in
      Client(client: client.rawValue, units: Units(written: clock, deleted: deleted(of: client)))
    }
    let statistics = document.statistics
    let pending = document.pending
    return Report(
      stored: room,
      units: Units(written: UInt64(statistics.units), deleted: UInt64(statistics.deletedUnits)),
      types: statistics.types,
      clients: clients.sorted { ($1.units.written, $0.client) < ($0.units.written, $1.client) },
      roots: document.roots.map { root in
        let (kind, count) = root.content.kindAndCount
        return Root(name: root.name, kind: kind, count: count)
      },
      encodedBytes: EncodedBytes(
        v1: document.encodeUpdate().count, v2: document.encodeUpdate(format: .v2).count),
      memoryBytes: document.memoryBytes,
      pending: Pending(
        bytes: pending?.byteCount ?? 0, deletedUnits: pending?.deletedUnits ?? 0,
        missing: (pending?.missing.clocks.map { Missing(client: $0.key.rawValue, clock: $0.value) } ?? [])
          .sorted { $0.client < $1.client }))
  }

  /// How many clients are listed on a terminal.
  private static let clientsMax = 10

  private static func print(_ report: Report, of room: String) {
    var lines: [[String]] = []
    if let stored = report.stored {
      lines += [
        ["updates", "\(stored.updates), \(stored.logUpdates) of them in the log"],
        ["modified", Output.time(stored.modifiedMilliseconds)],
        ["stored", "\(stored.bytes) bytes, and \(stored.historyBytes) of history"],
      ]
    }
    lines += [
      ["as an update", "\(report.encodedBytes.v1) bytes in V1, \(report.encodedBytes.v2) in V2"],
      ["in memory", "\(report.memoryBytes) bytes"],
      ["units", report.units.text],
      ["shared types", "\(report.types)"],
    ]
    for root in report.roots {
      lines.append(["root `\(Output.printable(root.name))`", "\(root.kind), \(root.count)"])
    }
    for client in report.clients.prefix(clientsMax) { lines.append(["client \(client.client)", client.units.text]) }
    if report.clients.count > clientsMax {
      lines.append(["other clients", "\(report.clients.count - clientsMax); all with --json"])
    }
    if report.pending.bytes > 0 || report.pending.deletedUnits > 0 {
      lines.append(["waiting", "\(report.pending.bytes) bytes, and \(report.pending.deletedUnits) deletions"])
    }
    for missing in report.pending.missing {
      lines.append(["waits for", "client \(missing.client) up to clock \(missing.clock)"])
    }
    Output.table(["ROOM", Output.printable(room)], lines, numbers: [])
  }
}

extension Content {
  /// What it is in a word, and how much is in it.
  fileprivate var kindAndCount: (String, Int) {
    switch self {
    case .text(let text): ("text", text.count)
    case .array(let array): ("array", array.count)
    case .map(let map): ("map", map.count)
    case .xmlFragment(let fragment): ("xml", fragment.count)
    case .xmlElement(let element): ("xml", element.count)
    case .xmlText(let text): ("xml", text.text.count)
    case .xmlHook(let hook): ("xml", hook.map.count)
    case .value, .document: preconditionFailure("a root is a shared type")
    }
  }
}
