import ArgumentParser
import CRDT
import SyncHTTP
import SyncNode

/// Tells how far replicas are from each other, and what in them waits.
struct Status: AsyncParsableCommand, PagingCommand {
  private struct Report: Encodable {
    /// Of a relay that runs: who it is, and how its links are.
    let node: String?
    /// Why a relay stores nothing; absent while it does.
    let storeFailure: String?
    let links: [StatusReport.Link]?
    let replication: [ReplicaStatus.Room]
    let pending: [Pending]
  }

  /// What in a room waits for updates that are not there.
  private struct Pending: Encodable {
    struct Missing: Encodable {
      let client: UInt64
      /// The first of the client's units that is missing, and the one behind the last that is waited for.
      let from: UInt64
      let upTo: UInt64
    }

    let room: String
    let bytes: Int
    let deletedUnits: UInt64
    let missing: [Missing]

    var line: String {
      var parts = bytes > 0 ? [counted(UInt64(bytes), "byte")] : []
      if deletedUnits > 0 { parts.append(counted(deletedUnits, "deletion")) }
      let reasons = missing.map { "client \($0.client) from clock \($0.from)" }
      let reason = reasons.isEmpty ? "updates that are not there" : reasons.joined(separator: ", ")
      return "\(room): \(parts.joined(separator: " and ")) wait for \(reason)"
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "Tell how far other relays are, and what waits for updates that are not there.",
    discussion: """
      A relay is ahead of another one by the updates that the other is not known to have stored, whether it replicates the \
      room or not; a store knows that of all relays that it was ever linked to. A relay that runs also tells what others \
      have beyond, and how its links are. What waits in a document for missing updates is told with the client that wrote \
      them, and the clock from which on they are missing. Without names of rooms, all documents are looked at.
      """)

  @Argument(help: "Names of rooms; without any, all.")
  var rooms: [String] = []

  @Flag(help: "Print JSON: an object.")
  var json = false

  @OptionGroup var options: ReplicaOptions
  @OptionGroup var paging: PagingOptions

  func run() async throws {
    let replica = try options.replica()
    let names = try await replica.rooms(rooms).map(\.name)
    let report = try await report(on: replica, names)
    if json { return try Output.json(report) }
    if let failure = report.storeFailure { Output.line("nothing is stored: \(Output.printable(failure))") }
    let lines = (report.links ?? []).map { Status.line(of: $0) } + report.replication.map(\.line)
    for line in lines + report.pending.map(\.line) { Output.line(Output.printable(line)) }
    if report.replication.isEmpty, report.pending.isEmpty {
      Output.line("\(counted(UInt64(names.count), "room")): nothing is ahead, behind or waiting")
    }
  }

  private func report(on replica: any Replica, _ names: [String]) async throws -> Report {
    let pending = try await pending(in: replica, names)
    let isWanted = rooms.isEmpty ? { _ in true } : Set(names).contains
    let status = try await replica.status()
    return Report(
      node: status.node, storeFailure: status.storeFailure, links: status.links,
      replication: status.replication.filter { isWanted($0.room) && ($0.ahead > 0 || $0.behind ?? 0 > 0) },
      pending: pending)
  }

  private func pending(in replica: any Replica, _ names: [String]) async throws -> [Pending] {
    let progress = Progress()
    defer { progress.end() }
    var result: [Pending] = []
    for (index, name) in names.enumerated() {
      progress.note("looking at room", index, of: names.count, name)
      // A room may have gone meanwhile.
      guard let document = try await replica.storedDocument(of: name), let pending = document.pending else { continue }
      let known = document.stateVector
      let missing = pending.missing.clocks.map { client, clock in
        Pending.Missing(client: client.rawValue, from: known[client], upTo: clock)
      }
      result.append(
        Pending(
          room: name, bytes: pending.byteCount, deletedUnits: pending.deletedUnits,
          missing: missing.sorted { $0.client < $1.client }))
    }
    return result
  }

  private static func line(of link: StatusReport.Link) -> String {
    var line = "link to \(link.address): \(link.state)"
    if let peer = link.peer { line += " with relay \(peer)" }
    if let reason = link.reason { line += ", \(reason)" }
    // A relay may say any number.
    if let seconds = link.retryAfterSeconds.flatMap({ Int(exactly: $0.rounded(.up)) }) {
      line += "; tries again in \(seconds) s"
    }
    return line
  }
}

extension ReplicaStatus.Room {
  fileprivate var line: String {
    var parts = ahead > 0 ? ["\(counted(UInt64(ahead), "update")) ahead of"] : []
    if let behind, behind > 0 { parts.append("\(counted(behind, "unit")) behind") }
    let connection = isConnected == false ? ", which is not connected" : ""
    return "\(room): \(parts.joined(separator: " and ")) relay \(peer)\(connection)"
  }
}
