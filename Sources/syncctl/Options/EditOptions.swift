import ArgumentParser
import CRDT
import SyncNode

/// Where commands that edit find their store, and how they tell what they did.
struct EditOptions: ParsableArguments {
  private struct Report: Encodable {
    let room: String
    let bytes: Int
    let isPending: Bool
  }

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var store: StoreOptions

  /// Edits the document of a room that is there, and prints what came of it. Nothing is changed when `body` throws.
  func change(_ room: String, _ body: (Document) throws -> Void) async throws {
    // A name that was mistyped must not make a room.
    _ = try store.document(of: room)
    let change = try await store.write { writer in
      try writer.transaction { try $0.edit(room, author: .commandLine, body) }
    }
    if json { return try Output.json(Report(room: room, bytes: change.bytes, isPending: change.isPending)) }
    Output.line("\(Output.printable(room)): \(change.summary)")
  }
}
