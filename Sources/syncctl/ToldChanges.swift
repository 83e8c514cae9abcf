import CRDT
import SyncHTTP

/// What an update did to a document, as commands tell it.
struct ToldChanges: Encodable {
  /// What happened at one place.
  private struct Change: Encodable {
    let path: String
    let inserted: Int
    let deleted: Int
    let formats: Int
    /// The beginning of the text that came; absent where none did.
    let text: String?
  }

  private let changes: [Change]
  /// Units of which the document does not know any more where they were.
  private let collected: Int

  init(_ changes: PlaceChanges) {
    self.changes = changes.changes.map { change in
      Change(
        path: DocumentPath(change.path).description, inserted: change.inserted, deleted: change.deleted,
        formats: change.formats, text: change.text.isEmpty ? nil : change.text)
    }
    collected = changes.collected
  }

  /// Whether nothing happened.
  var isEmpty: Bool { changes.isEmpty && collected == 0 }

  /// What happened, in one line.
  var summary: String {
    var parts = changes.prefix(4).map { change in
      var words = [Output.printable(change.path)]
      if change.inserted > 0 { words.append("+\(change.inserted)") }
      if change.deleted > 0 { words.append("−\(change.deleted)") }
      if change.formats > 0 { words.append("format") }
      if let text = change.text { words.append("“\(Output.excerpt(text, characters: 30))”") }
      return words.joined(separator: " ")
    }
    if changes.count > parts.count { parts.append("\(changes.count - parts.count) more places") }
    if collected > 0 { parts.append("\(collected) units that are gone") }
    return parts.isEmpty ? "nothing new" : parts.joined(separator: ", ")
  }
}
