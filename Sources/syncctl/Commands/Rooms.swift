import ArgumentParser
import SyncNode

/// Lists what a store holds.
struct Rooms: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List the rooms of a store.")

  @OptionGroup var store: StoreOptions

  @Flag(help: "Print JSON: an array of objects, in the order of their names.")
  var json = false

  func run() throws {
    let rooms = try store.list()
    if json {
      try Output.json(rooms)
    } else {
      printTable(rooms)
    }
  }

  private func printTable(_ rooms: [StoreReader.Room]) {
    let rows = rooms.map { room in
      [Output.printable(room.name), "\(room.updates)", "\(room.bytes)", Output.time(room.modifiedMilliseconds)]
    }
    Output.table(["ROOM", "UPDATES", "BYTES", "MODIFIED"], rows, numbers: [1, 2])
  }
}
