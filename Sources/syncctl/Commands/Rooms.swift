import ArgumentParser
import Foundation
import SyncNode

/// Lists what a store holds.
struct Rooms: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "List the rooms of a store.")

  @OptionGroup var store: StoreOptions

  @Flag(help: "Print JSON: an array of objects, in the order of their names.")
  var json = false

  func run() throws {
    let rooms = try list()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      Output.line(String(decoding: try encoder.encode(rooms), as: UTF8.self))
    } else {
      printTable(rooms)
    }
  }

  private func list() throws -> [StoreReader.Room] {
    do {
      return try store.open().rooms()
    } catch let error as StoreError {
      throw Failure(.unreachable, "\(error)")
    }
  }

  private func printTable(_ rooms: [StoreReader.Room]) {
    let header = ["ROOM", "UPDATES", "BYTES", "MODIFIED"]
    let rows = rooms.map { room in
      let modified = Date(timeIntervalSince1970: Double(room.modifiedMilliseconds) / 1000)
      return [Output.printable(room.name), "\(room.updates)", "\(room.bytes)", modified.ISO8601Format()]
    }
    let widths = header.indices.map { column in ([header] + rows).map(\.[column].count).max() ?? 0 }
    for row in [header] + rows {
      let cells = zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        // Numbers stand flush right; nothing follows the last column.
        return column == 1 || column == 2 ? padding + cell.0 : column == 3 ? cell.0 : cell.0 + padding
      }
      Output.line(cells.joined(separator: "  "))
    }
  }
}
