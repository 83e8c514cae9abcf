import ArgumentParser
import CRDT
import SyncNode

/// What a file brings into a room.
enum ImportedDocument {
  /// The formats of files, by their names on the command line.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case v1, v2, json
  }

  /// An update, in format V1.
  case update([UInt8])
  /// The values of roots.
  case roots([Value.Member], file: String)

  /// Reads a file, or standard input for `-`.
  ///
  /// - Parameters:
  ///   - format: Nil to find out.
  ///   - encoding: How the bytes of an update are written; nil to find out.
  /// - Throws: ``Failure`` when it cannot be read as one.
  init(_ path: String, format: Format?, encoding: ByteEncoding? = nil) throws(Failure) {
    if format == .json || format == nil && path.hasSuffix(".json") {
      self = .roots(try ImportedDocument.roots(in: path), file: path == "-" ? "standard input" : path)
      return
    }
    let input = UpdateInputOptions(from: format.flatMap { UpdateFormatName(rawValue: $0.rawValue) }, encoding: encoding)
    let (bytes, found) = try input.read(path)
    do {
      self = .update(try Update.convert(bytes, from: found.format, to: .v1))
    } catch {
      throw Failure(.check, "\(path) is too large for a document (\(error))")
    }
  }

  private static func roots(in path: String) throws(Failure) -> [Value.Member] {
    let input = try InputFile.read(path)
    let value: Value
    do {
      value = try Value(json: input.bytes)
    } catch {
      throw Failure(.check, "\(input.name) is no JSON (\(error)): nothing was changed")
    }
    guard case .object(let members) = value else {
      throw Failure(.check, "\(input.name) is no JSON object of roots by their names: nothing was changed")
    }
    for member in members {
      switch member.value {
      case .string, .array, .object: continue
      default:
        throw Failure(
          .check,
          "root `\(Output.printable(member.name))` in \(input.name) is no text, list or map: nothing was changed")
      }
    }
    return members
  }

  /// Brings it into a room of a store, with what else is brought into it.
  func write(to room: String, in transaction: StoreTransaction) throws -> RoomChange {
    switch self {
    case .update(let update): RoomChange(try transaction.merge(update, into: room, author: .commandLine))
    case .roots(let members, let file):
      RoomChange(
        try transaction.edit(room, author: .commandLine) { try ImportedDocument.write(members, of: file, to: $0) })
    }
  }

  /// Brings it into a room.
  func write(to room: String, of replica: some Replica) async throws -> RoomChange {
    switch self {
    case .update(let update): try await replica.merge(update, into: room)
    case .roots(let members, let file):
      try await replica.edit(room) { try ImportedDocument.write(members, of: file, to: $0) }
    }
  }

  private static func write(_ members: [Value.Member], of file: String, to document: Document) throws {
    for member in members { try write(member, of: file, to: document) }
  }

  /// Gives a root its value by changing what differs.
  static func write(_ member: Value.Member, of file: String, to document: Document) throws {
    let root = document.roots.first { $0.name.utf8.elementsEqual(member.name.utf8) }
    switch (root?.knownContent, member.value) {
    case (nil, .string(let string)), (.text?, .string(let string)): document.text(member.name).update(to: string)
    case (nil, .array), (.array?, .array):
      try document.array(member.name).setContents(of: member.value, nesting: .containers)
    case (nil, .object), (.map?, .object):
      try document.map(member.name).setContents(of: member.value, nesting: .containers)
    case (let content?, let value) where content.plainValue == value: break
    case (nil, _):
      throw Failure(
        .check, "root `\(Output.printable(member.name))` in \(file) is no text, list or map: nothing was changed")
    default:
      throw Failure(
        .check,
        "root `\(Output.printable(member.name))` is of another kind in \(file) than in the room: nothing was changed")
    }
  }
}

extension Root {
  /// What is there; nil where nothing tells what kind of root it is.
  fileprivate var knownContent: Content? {
    if kind == .unknown, case .array(let array) = content, array.count == 0 { return nil }
    return content
  }
}
