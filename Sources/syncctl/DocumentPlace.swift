import CRDT
import SyncHTTP

/// A place in a document that can be given a value: a root, a member of a map, or an element of an array.
struct DocumentPlace {
  private enum Kind {
    case root
    case member(SharedMap)
    case element(SharedArray, index: Int)
    case node(any SharedXMLParent, index: Int)
  }

  private let path: DocumentPath
  private let kind: Kind

  /// The place at `path`, which may have nothing yet where it is a root or a member.
  ///
  /// - Throws: ``Failure`` when there can be nothing.
  init(_ path: DocumentPath, in document: Document) throws(Failure) {
    guard let last = path.steps.last else { throw Failure(.usage, "the path is empty: begin with a root's name") }
    self.path = path
    guard path.steps.count > 1 else {
      kind = .root
      return
    }
    let above = DocumentPath(steps: path.steps.dropLast())
    let container = try above.requireContent(in: document)
    func index(below count: Int) throws(Failure) -> Int {
      if let index = Int(last), (0..<count).contains(index) { return index }
      let place = "`\(Output.printable(above.description))`"
      throw Failure(.usage, "no element `\(Output.printable(last))`: \(place) has \(count), counted from 0")
    }
    switch container {
    case .map(let map): kind = .member(map)
    case .xmlHook(let hook): kind = .member(hook.map)
    case .array(let array): kind = .element(array, index: try index(below: array.count))
    case .xmlFragment(let fragment): kind = .node(fragment, index: try index(below: fragment.count))
    case .xmlElement(let element):
      kind = Int(last) == nil ? .member(element.attributes) : .node(element, index: try index(below: element.count))
    case .value:
      throw Failure(
        .usage,
        "`\(Output.printable(above.description))` is one plain value, which is only replaced as a whole: set that")
    case .text, .xmlText, .document:
      throw Failure(.usage, "`\(Output.printable(above.description))` has no members and elements")
    }
  }

  /// Gives the place a value by changing what differs: what is in it and in the value stays. New objects and arrays become
  /// shared maps and arrays.
  ///
  /// - Throws: ``Failure`` when it cannot have that value.
  func set(_ value: Value, in document: Document) throws {
    switch kind {
    case .root: try ImportedDocument.write(Value.Member(path.steps[0], value), of: "the new value", to: document)
    case .member(let map):
      let key = path.steps[path.steps.count - 1]
      if try map[key].map({ try DocumentPlace.update($0, to: value) }) == true { return }
      switch value {
      case .array: try map.setArray(forKey: key).setContents(of: value, nesting: .containers)
      case .object: try map.setMap(forKey: key).setContents(of: value, nesting: .containers)
      default: map.set(value, forKey: key)
      }
    case .element(let array, let index):
      if try DocumentPlace.update(array[index], to: value) { return }
      array.delete(at: index)
      try array.insert(value, nesting: .containers, at: index)
    case .node(let parent, let index):
      guard try DocumentPlace.update(parent[index], to: value) else {
        throw Failure(
          .usage, "`\(Output.printable(path.description))` is an XML node: set its attributes, or the string of a text")
      }
    }
  }

  /// Changes what differs of `content`, where it and the value are of the same kind.
  ///
  /// - Returns: Whether they are.
  private static func update(_ content: Content, to value: Value) throws -> Bool {
    switch (content, value) {
    case (.value(let old), _) where old == value: break
    case (.text(let text), .string(let string)): text.update(to: string)
    case (.xmlText(let text), .string(let string)): text.text.update(to: string)
    case (.array(let array), .array): try array.setContents(of: value, nesting: .containers)
    case (.map(let map), .object): try map.setContents(of: value, nesting: .containers)
    default: return false
    }
    return true
  }

  /// Removes what is there.
  ///
  /// - Throws: ``Failure`` when nothing is, or it is a root, which a document has for ever.
  func remove() throws(Failure) {
    switch kind {
    case .root:
      throw Failure(.usage, "a root stays for ever: name the elements of it to delete, or empty it with `syncctl set`")
    case .member(let map):
      let key = path.steps[path.steps.count - 1]
      guard map[key] != nil else {
        throw Failure(.unreachable, "nothing at `\(Output.printable(path.description))`")
      }
      map.removeValue(forKey: key)
    case .element(let array, let index): array.delete(at: index)
    case .node(let parent, let index): parent.delete(at: index)
    }
  }
}

extension SharedArray {
  /// Inserts a value; an object or array becomes a shared map or array.
  func insert(_ value: Value, nesting: SharedNesting, at index: Int) throws {
    switch value {
    case .array: try insertArray(at: index).setContents(of: value, nesting: nesting)
    case .object: try insertMap(at: index).setContents(of: value, nesting: nesting)
    default: insert(value, at: index)
    }
  }
}

/// What has a length and takes insertions and deletions: a text, an array, the nodes of XML.
enum EditableList {
  case text(SharedText)
  case array(SharedArray)
  case nodes(any SharedXMLParent)

  /// The list at `path`.
  ///
  /// - Throws: ``Failure`` when there is none.
  init(_ path: DocumentPath, in document: Document) throws(Failure) {
    switch try path.requireContent(in: document) {
    case .text(let text): self = .text(text)
    case .xmlText(let text): self = .text(text.text)
    case .array(let array): self = .array(array)
    case .xmlFragment(let fragment): self = .nodes(fragment)
    case .xmlElement(let element): self = .nodes(element)
    case .value, .map, .xmlHook, .document:
      throw Failure(
        .usage, "`\(Output.printable(path.description))` is no text and no array: change it with `syncctl set`")
    }
  }

  var count: Int {
    switch self {
    case .text(let text): text.count
    case .array(let array): array.count
    case .nodes(let parent): parent.count
    }
  }

  private var unit: String { if case .text = self { "UTF-16 units" } else { "elements" } }

  /// - Throws: ``Failure`` when `index` is not in the list or at its end, or within a character.
  private func check(_ index: Int) throws(Failure) {
    guard (0...count).contains(index) else {
      throw Failure(.usage, "there is no place \(index): it has \(count) \(unit)")
    }
    if case .text(let text) = self, index > 0, index < count, text[index - 1..<index + 1].unicodeScalars.count == 1 {
      throw Failure(.usage, "place \(index) is in the middle of a character that has two UTF-16 units")
    }
  }

  /// Inserts a value before the element at `index`, or the one that a text's characters are counted as.
  ///
  /// - Parameter value: A string for a text; JSON for an array.
  /// - Throws: ``Failure`` when it cannot.
  func insert(_ value: String, at index: Int) throws {
    try check(index)
    switch self {
    case .text(let text): text.insert(value, at: index)
    case .array(let array): try array.insert(Value(argument: value), nesting: .containers, at: index)
    case .nodes: throw Failure(.usage, "XML nodes cannot be inserted here, only text into those that are there")
    }
  }

  /// Deletes `count` elements from `index` on, or a text's units.
  ///
  /// - Throws: ``Failure`` when there are not so many.
  func delete(at index: Int, count: Int) throws(Failure) {
    try check(index)
    guard count <= self.count - index else {
      throw Failure(.usage, "there are only \(self.count - index) \(unit) from \(index) on")
    }
    try check(index + count)
    switch self {
    case .text(let text): text.delete(at: index, count: count)
    case .array(let array): array.delete(at: index, count: count)
    case .nodes(let parent): parent.delete(at: index, count: count)
    }
  }
}

extension Value {
  /// What an argument of the command line says in JSON.
  ///
  /// - Throws: ``Failure`` when it is none.
  init(argument text: String) throws(Failure) {
    do {
      try self.init(json: text)
    } catch {
      let advice = "a string is written in quotes, as in '\"text\"'"
      throw Failure(.usage, "`\(Output.printable(text))` is no JSON (\(error)): \(advice)")
    }
  }
}
