import ArgumentParser
import SyncNode

/// Lists what other relays are not known to have.
struct Queue: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the updates that other relays are not known to have stored.",
    discussion: """
      One line for each room and each relay that this one has ever been linked to, rooms that are not replicated there
      among them. A relay tells how its links are at http://HOST:PORT/statusz.
      """)

  @Flag(help: "Print JSON: an array of objects, in the order of their rooms.")
  var json = false

  @OptionGroup var store: StoreOptions

  func run() throws {
    let queues = try store.replica.queues()
    if json { return try Output.json(queues) }
    let rows = queues.map { [Output.printable($0.room), $0.peer, "\($0.updates)"] }
    Output.table(["ROOM", "RELAY", "UPDATES"], rows, numbers: [2])
  }
}
