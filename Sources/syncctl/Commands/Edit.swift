import ArgumentParser
import CRDT
import Foundation
import SyncHTTP
import SyncNode

/// Edits what a room's document holds in the user's editor.
struct Edit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Edit a text or a value of a room's document in an editor.",
    discussion: """
      Opens a text as it is, and anything else as JSON, in $VISUAL, $EDITOR or vi. When the editor ends, only what was \
      changed is merged into the room, so what others wrote meanwhile stays. A store must not be in use then; there, \
      the author in the history is `command line`. What cannot be merged is kept in a file that is named.

      Examples:
        syncctl edit project:42 body
        EDITOR='code --wait' syncctl edit project:42 settings
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Argument(help: "The place: a root's name, then keys and indices, as in tasks/0/title (default: the only root).")
  var path: String?

  @OptionGroup var options: EditOptions

  func run() async throws {
    // It belongs to nobody else: what others write while the editor is open is not in it, and is not undone by it.
    let replica = try options.replica()
    let document = try await replica.document(of: room)
    let path = try path.map { DocumentPath($0) } ?? document.onlyRoot()
    let before = try EditedContent(path, in: document)
    let file = try DraftFile(before.text, suffix: before.suffix)
    do {
      try Editor.fromEnvironment.open(file.url)
      let text = try file.read()
      guard let update = try before.update(to: text, in: document) else {
        file.remove()
        return try options.tellNothingNew(room)
      }
      try options.tell(room, try await replica.merge(update, into: room))
      file.remove()
    } catch {
      // Nothing was written that would be lost.
      guard let text = try? file.read(), text != before.text else {
        file.remove()
        throw error
      }
      let code = (error as? Failure)?.code ?? .check
      throw Failure(code, "\(error); what you wrote is in \(file.url.path)")
    }
  }
}

/// What is at a place of a document, as a text to edit.
private struct EditedContent {
  private let path: DocumentPath
  private let isText: Bool
  /// What the editor is given.
  let text: String

  /// - Throws: ``Failure`` when there is nothing, or what is there would not come back the same from the editor.
  init(_ path: DocumentPath, in document: Document) throws {
    self.path = path
    let content = try path.requireContent(in: document)
    if let text = content.text {
      (isText, self.text) = (true, text.string)
      return
    }
    isText = false
    text = content.jsonString(pretty: true) + "\n"
    let place = "`\(Output.printable(path.description))`"
    switch content {
    case .xmlFragment, .xmlElement, .xmlHook:
      throw Failure(.usage, "\(place) is XML: edit a text or an attribute in it, as in \(place.dropLast())/0`")
    default: break
    }
    guard (try? Value(json: text)) == content.plainValue else {
      throw Failure(.usage, "\(place) has what JSON cannot say, such as bytes: edit a place in it that has not")
    }
  }

  var suffix: String { isText ? ".txt" : ".json" }

  /// The update that makes of the content what was edited, or nil when that is the same.
  ///
  /// - Throws: ``Failure`` when the place cannot have it.
  func update(to edited: String, in document: Document) throws -> [UInt8]? {
    var update: [UInt8]?
    let subscription = document.observeUpdates { update = $0.update }
    defer { subscription.cancel() }
    try document.transact {
      let value = try isText ? Value.string(withoutAddedNewline(edited)) : Value(argument: edited)
      try DocumentPlace(path, in: document).set(value, in: document)
    }
    return update
  }

  /// Most editors end the last line with a newline, also where the text had none.
  private func withoutAddedNewline(_ edited: String) -> String {
    edited.utf8.last == UInt8(ascii: "\n") && text.utf8.last != UInt8(ascii: "\n") ? String(edited.dropLast()) : edited
  }
}

extension Document {
  /// The way to the one root that a document has.
  ///
  /// - Throws: ``Failure`` when it has none, or several.
  fileprivate func onlyRoot() throws(Failure) -> DocumentPath {
    guard let first = roots.first, roots.count == 1 else {
      let names = roots.map { "`\(Output.printable($0.name))`" }.joined(separator: ", ")
      throw Failure(.usage, names.isEmpty ? "the document is empty" : "name what to edit: the roots are \(names)")
    }
    return DocumentPath(steps: [first.name])
  }
}

/// A file that is edited, in a folder that nobody else can look into.
private struct DraftFile {
  let url: URL

  init(_ text: String, suffix: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "syncctl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    url = folder.appending(path: "draft" + suffix)
    try Data(text.utf8).write(to: url)
  }

  func read() throws -> String {
    guard let text = String(validating: try Data(contentsOf: url), as: UTF8.self) else {
      throw Failure(.usage, "what was edited is not UTF-8")
    }
    return text
  }

  func remove() { try? FileManager.default.removeItem(at: url.deletingLastPathComponent()) }
}
