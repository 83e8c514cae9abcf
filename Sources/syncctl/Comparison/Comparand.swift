import ArgumentParser
import CRDT
import Foundation
import SyncNode

/// What is named on the command line to be compared: a room, now or once, an update in a file, or all rooms of a store or a
/// relay.
enum Comparand {
  case document(Document)
  case replica(any Replica)

  /// Finds what `text` names.
  ///
  /// - Parameter options: Where rooms are that no store or relay is named for, and what relays are shown.
  init(_ text: String, _ options: ReplicaOptions) async throws {
    if let (address, room) = Comparand.nodeAndRoom(text) {
      let node = try options.access.node(at: address)
      self = if let room { .document(try await Comparand.document(room, in: node)) } else { .replica(node) }
      return
    }
    if FileManager.default.fileExists(atPath: text) {
      if Comparand.isDatabase(text) {
        let store = StoreReplica(path: text)
        _ = try store.open()
        self = .replica(store)
      } else {
        self = .document(try Comparand.update(in: text))
      }
      return
    }
    if let (path, room) = Comparand.storeAndRoom(text) {
      self = .document(try await Comparand.document(room, in: StoreReplica(path: path)))
    } else {
      self = .document(try await Comparand.document(text, in: options.replica()))
    }
  }

  private static func update(in path: String) throws -> Document {
    let update = try UpdateInputOptions.parse([]).read(path)
    let document = Document()
    try document.apply(update.bytes, format: update.format.format)
    return document
  }

  /// A room by its name, or with `@` and a moment behind it where no room is called so.
  private static func document(_ text: String, in replica: some Replica) async throws -> Document {
    guard let at = text.lastIndex(of: "@"),
      let moment = MomentArgument(argument: String(text[text.index(after: at)...])),
      try await replica.rooms(named: text).isEmpty
    else { return try await replica.document(of: text) }
    return try await replica.document(of: String(text[..<at]), at: moment)
  }

  /// `http://HOST:PORT` or `http://HOST:PORT/ROOM`, where the room's name is as it stands in its URL.
  private static func nodeAndRoom(_ text: String) -> (address: NodeAddress, room: String?)? {
    guard NodeAddress(argument: text) != nil, let scheme = text.range(of: "://") else { return nil }
    let slash = text[scheme.upperBound...].firstIndex(of: "/") ?? text.endIndex
    let room = text[slash...].dropFirst()
    return NodeAddress(argument: String(text[..<slash])).map { ($0, room.isEmpty ? nil : String(room)) }
  }

  /// `STORE:ROOM`, divided behind the name of a file.
  private static func storeAndRoom(_ text: String) -> (path: String, room: String)? {
    for colon in text.indices where text[colon] == ":" {
      let path = String(text[..<colon])
      if FileManager.default.fileExists(atPath: path), isDatabase(path) {
        return (path, String(text[text.index(after: colon)...]))
      }
    }
    return nil
  }

  private static func isDatabase(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    return (try? file.read(upToCount: 16)) == Data("SQLite format 3\0".utf8)
  }
}
