import ArgumentParser
import CRDT
import Foundation
import SyncNode

/// What is named on the command line to be compared: a room, now or once, an update in a file, or a whole store.
enum Replica {
  case document(Document)
  case store(StoreReader)

  /// Finds what `text` names.
  ///
  /// - Parameter store: Where rooms are that no store is named for.
  init(_ text: String, in store: StoreOptions) throws {
    if FileManager.default.fileExists(atPath: text) {
      if Replica.isDatabase(text) {
        self = .store(try StoreOptions(path: text).open())
      } else {
        self = .document(try Replica.update(in: text))
      }
      return
    }
    if let (path, room) = Replica.storeAndRoom(text) {
      self = .document(try Replica.document(room, in: StoreOptions(path: path)))
    } else {
      self = .document(try Replica.document(text, in: store))
    }
  }

  private static func update(in path: String) throws -> Document {
    let update = try UpdateInputOptions.parse([]).read(path)
    let document = Document()
    try document.apply(update.bytes, format: update.format.format)
    return document
  }

  /// A room by its name, or with `@` and a moment behind it where no room is called so.
  private static func document(_ text: String, in store: StoreOptions) throws -> Document {
    let rooms = try store.list()
    guard !rooms.contains(where: { $0.name == text }), let at = text.lastIndex(of: "@"),
      let moment = MomentArgument(argument: String(text[text.index(after: at)...]))
    else { return try store.document(of: text) }
    let room = String(text[..<at])
    let past = try store.read(room) { try $0.document(named: room, at: moment.moment) }
    try moment.check(past, room: room)
    return past.document
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
