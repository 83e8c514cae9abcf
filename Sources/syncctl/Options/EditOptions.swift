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

  @OptionGroup var options: ReplicaOptions

  /// What is edited.
  func replica() throws(Failure) -> any Replica { try options.replica() }

  /// Edits the document of a room that is there, and prints what came of it. Nothing is changed when `body` throws.
  func edit(_ room: String, _ body: (Document) throws -> Void) async throws {
    // A name that was mistyped must not make a room.
    let replica = try replica()
    _ = try await replica.document(of: room)
    try tell(room, try await replica.edit(room, body))
  }

  /// Prints what came of a change.
  func tell(_ room: String, _ change: RoomChange) throws {
    try tell(room, change.summary, bytes: change.bytes, isPending: change.isPending)
  }

  /// Prints that a room stays as it is.
  func tellNothingNew(_ room: String) throws { try tell(room, "nothing new", bytes: 0, isPending: false) }

  private func tell(_ room: String, _ summary: String, bytes: Int, isPending: Bool) throws {
    if json { return try Output.json(Report(room: room, bytes: bytes, isPending: isPending)) }
    Output.line("\(Output.printable(room)): \(summary)")
  }
}
