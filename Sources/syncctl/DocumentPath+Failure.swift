import CRDT
import SyncHTTP

extension DocumentPath {
  /// What is there in `document`.
  ///
  /// - Throws: ``Failure`` when nothing is.
  func requireContent(in document: Document) throws(Failure) -> Content {
    if let content = content(in: document) { return content }
    let roots = document.roots.map { "`\(Output.printable($0.name))`" }.joined(separator: ", ")
    let known = "the document's roots are \(roots.isEmpty ? "none" : roots)"
    throw Failure(.unreachable, "nothing at `\(Output.printable(description))`: \(known)")
  }
}

extension Document {
  /// The text of a document that has one text at its root.
  ///
  /// - Throws: ``Failure`` when it has none, or several.
  func onlyText() throws(Failure) -> SharedText {
    let texts = roots.compactMap { root in root.content.text.map { (name: root.name, text: $0) } }
    guard let first = texts.first else {
      throw Failure(.usage, "the document has no text at its root: use --format json")
    }
    guard texts.count == 1 else {
      let names = texts.map { Output.printable($0.name) }.joined(separator: ", ")
      throw Failure(.usage, "the document has several texts (\(names)): show one with --path")
    }
    return first.text
  }
}
