import CRDT

/// A shared type of the kinds that operations edit.
enum SharedKind: Equatable {
  case text(SharedText)
  case xmlText(SharedXMLText)
  case array(SharedArray)
  case map(SharedMap)
  case fragment(SharedXMLFragment)
  case element(SharedXMLElement)

  init?(_ content: Content) {
    switch content {
    case .text(let text): self = .text(text)
    case .xmlText(let text): self = .xmlText(text)
    case .array(let array): self = .array(array)
    case .map(let map): self = .map(map)
    case .xmlFragment(let fragment): self = .fragment(fragment)
    case .xmlElement(let element): self = .element(element)
    case .xmlHook(let hook): self = .map(hook.map)
    case .value, .document: return nil
    }
  }

  /// What it holds, in the order that operations count.
  var children: [Content] {
    switch self {
    case .text(let text): text.embedded
    case .xmlText(let node): node.text.embedded
    case .array(let array): array.values
    case .map(let map): map.keysInBytes.compactMap { map[$0] }
    case .fragment(let fragment): fragment.children
    case .element(let element): element.children
    }
  }
}

extension SharedText {
  /// What is embedded.
  fileprivate var embedded: [Content] {
    delta.operations.compactMap { if case .embed(let content, _) = $0 { content } else { nil } }
  }

  /// The UTF-16 units, U+FFFC for what is embedded.
  fileprivate var units: [UInt16] {
    delta.operations.flatMap { operation -> [UInt16] in
      if case .insert(let text, _) = operation { Array(text.utf16) } else { [0xFFFC] }
    }
  }
}

extension SharedMap {
  /// The keys in the order of their UTF-8 bytes.
  var keysInBytes: [String] { keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

extension Document {
  /// The root that operations know as `text`, `array` or `map`.
  func sharedRoot(_ name: String) -> SharedKind {
    switch name {
    case "text": .text(text(name))
    case "array": .array(array(name))
    case "map": .map(map(name))
    default: .fragment(xmlFragment(name))
    }
  }

  /// The roots that operations edit, in their order.
  static let sharedRootNames = ["text", "array", "map", "xml"]

  /// All shared types, each root followed by those inside it, depth first.
  var sharedTypes: [SharedKind] {
    var found: [SharedKind] = []
    func visit(_ type: SharedKind) {
      found.append(type)
      for child in type.children.compactMap(SharedKind.init) { visit(child) }
    }
    for name in Self.sharedRootNames { visit(sharedRoot(name)) }
    return found
  }
}

extension Operation {
  /// Resolves the numbers by the rule in `Drivers/PROTOCOL.md`, and edits.
  func perform(on document: Document) {
    let types = document.sharedTypes
    switch types[Int(target) % types.count] {
    case .text(let text): perform(on: text)
    case .xmlText(let node): perform(on: node.text)
    case .fragment(let fragment): perform(on: fragment, element: nil)
    case .element(let element): perform(on: element, element: element)
    case .array(let array): perform(on: array)
    case .map(let map): perform(on: map)
    }
  }

  private func perform(on sharedText: SharedText) {
    let units = sharedText.units
    let choice = units.isEmpty ? self.choice % 4 : self.choice % 10
    var start = Int(position) % (units.count + (choice < 4 ? 1 : 0))
    var end = min(start + 1 + Int(count % 8), units.count)
    if !splitsPairs || (4..<8).contains(choice) {
      if isInsidePair(units, start) { start -= 1 }
      if isInsidePair(units, end) { end += 1 }
    }
    switch choice {
    case 0, 1: sharedText.insert(text, at: start)
    case 2: sharedText.insert(text, at: start, attributes)
    case 3 where splitsPairs && count % 3 == 0: sharedText.insertMap(at: start, attributes)
    case 3: sharedText.insertEmbed(.object([Value.Member(key, .string(text))]), at: start, attributes)
    case 4...6: sharedText.format(at: start, count: end - start, attributes)
    case 7 where splitsPairs:
      let steps: [TextDelta.Operation] = start > 0 ? [.retain(start)] : []
      sharedText.apply(TextDelta(steps + [.retain(end - start, attributes), .insert(text, ["bold": true])]))
    default: sharedText.delete(at: start, count: end - start)
    }
  }

  private func perform(on node: some SharedXMLParent, element: SharedXMLElement?) {
    let choice = self.choice % 8
    let length = node.count
    if choice >= 6 && length > 0 {
      let start = Int(position) % length
      node.delete(at: start, count: min(1 + Int(count % 3), length - start))
    } else if choice >= 4, let element {
      if choice == 4 {
        element.attributes.set(.string(text), forKey: key)
      } else {
        element.attributes.removeValue(forKey: key)
      }
    } else {
      let name = ["p", "h1", "div"][Int(count % 3)]
      let index = Int(position) % (length + 1)
      switch choice {
      case 2: node.insertText(at: index)
      case 3 where splitsPairs: node.insertHook(name, at: index)
      default: node.insertElement(name, at: index)
      }
    }
  }

  private func isInsidePair(_ units: [UInt16], _ index: Int) -> Bool {
    index > 0 && index < units.count && UTF16.isLeadSurrogate(units[index - 1]) && UTF16.isTrailSurrogate(units[index])
  }

  private func perform(on array: SharedArray) {
    let length = array.count
    switch choice % 8 {
    case 4:
      let index = Int(position) % (length + 1)
      switch count % 3 {
      case 0: _ = array.insertText(at: index)
      case 1: _ = array.insertArray(at: index)
      default: _ = array.insertMap(at: index)
      }
    case 5... where length > 0:
      let start = Int(position) % length
      array.delete(at: start, count: min(1 + Int(count % 4), length - start))
    default:
      array.insert(values, at: Int(position) % (length + 1))
    }
  }

  private func perform(on map: SharedMap) {
    switch choice % 8 {
    case 0...3: map.set(values[0], forKey: key)
    case 4 where splitsPairs && position % 4 == 0:
      var options = Document.Options()
      options.guid = text
      options.meta = .object([Value.Member("key", .string(key))])
      map.set(Document(options: options), forKey: key)
    case 4:
      switch count % 3 {
      case 0: _ = map.setText(forKey: key)
      case 1: _ = map.setArray(forKey: key)
      default: _ = map.setMap(forKey: key)
      }
    default: map.removeValue(forKey: key)
    }
  }
}
