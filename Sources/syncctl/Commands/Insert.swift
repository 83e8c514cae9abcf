import ArgumentParser
import CRDT
import SyncHTTP

/// Inserts into a text or an array.
struct Insert: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Insert into a text or an array of a room's document.",
    discussion: """
      What is inserted into a text is taken as it is; into an array, it is JSON. Places in a text are counted in UTF-16 \
      units, as Yjs and JavaScript count them. A store must not be in use; there, the author in the history is `command \
      line`. Of a relay, clients see the change at once, and it is stored when the command ends.

      Examples:
        syncctl insert project:42 body 0 'Draft: '
        syncctl insert project:42 tasks end '{"title": "Call Ada"}'
        syncctl insert project:42 body end ' Bye.' --url http://127.0.0.1:8787
      """)

  /// Where to insert.
  enum Place: ExpressibleByArgument {
    case index(Int)
    case end

    init?(argument: String) {
      if argument == "end" {
        self = .end
      } else if let index = Int(argument), index >= 0 {
        self = .index(index)
      } else {
        return nil
      }
    }
  }

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Argument(help: "The text or array: a root's name, then keys and indices, as in tasks/0/title.")
  var path: String

  @Argument(help: "How much comes before, counted from 0, or `end`.")
  var index: Place

  @Argument(help: "The text, or the element in JSON.")
  var value: String

  @OptionGroup var options: EditOptions

  func run() async throws {
    try await options.edit(room) { document in
      let list = try EditableList(DocumentPath(path), in: document)
      switch index {
      case .index(let index): try list.insert(value, at: index)
      case .end: try list.insert(value, at: list.count)
      }
    }
  }
}
