import ArgumentParser
import CRDT
import SyncHTTP

/// Gives a place in a document a value.
struct SetValue: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Give a place in a room's document a value.",
    discussion: """
      The value is JSON. Where the place has a text, an array or a map already and the value \
      is of that kind, only what differs is changed, so what others write at the same time stays; else the value takes the \
      place of what is there. A root that is not there becomes a text, an array or a map. A store \
      must not be in use; there, the author in the history is `command line`. Of a relay, clients see the change at once, \
      and it is stored when the command ends.

      Examples:
        syncctl set project:42 settings/theme '"dark"'
        syncctl set project:42 tasks/0 '{"title": "Call Ada", "done": false}'
        syncctl set project:42 body '"What a text is to say"'
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Argument(help: "The place: a root's name, then keys and indices, as in tasks/0/title.")
  var path: String

  @Argument(help: "The value, in JSON.")
  var value: String

  @OptionGroup var options: EditOptions

  func run() async throws {
    let value = try Value(argument: value)
    try await options.edit(room) { document in
      try DocumentPlace(DocumentPath(path), in: document).set(value, in: document)
    }
  }
}
