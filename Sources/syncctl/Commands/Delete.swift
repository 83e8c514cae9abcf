import ArgumentParser
import CRDT
import SyncHTTP

/// Deletes from a text, an array or a map.
struct Delete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Delete from a text, an array or a map of a room's document.",
    discussion: """
      With an index, elements of the array at the path are deleted, or of the text there, in \
      UTF-16 units; without one, what is at the path. A store must not be in use; there, the \
      author in the history is `command line`. Of a relay, clients see the change at once, and it is stored when the \
      command ends.

      Examples:
        syncctl delete project:42 settings/theme
        syncctl delete project:42 tasks/0
        syncctl delete project:42 body 0 7
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Argument(help: "The place: a root's name, then keys and indices, as in tasks/0/title.")
  var path: String

  @Argument(help: "The first to delete of what is there, counted from 0.")
  var index: Int?

  @Argument(help: "How many (default: 1).")
  var length: Int?

  @OptionGroup var options: EditOptions

  func validate() throws {
    if let index, index < 0 { throw ValidationError("an index is counted from 0") }
    if let length, length < 1 { throw ValidationError("at least 1 can be deleted") }
  }

  func run() async throws {
    try await options.edit(room) { document in
      if let index {
        try EditableList(DocumentPath(path), in: document).delete(at: index, count: length ?? 1)
      } else {
        try DocumentPlace(DocumentPath(path), in: document).remove()
      }
    }
  }
}
