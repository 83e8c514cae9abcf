import CRDT

/// A shared type of the three kinds that operations edit.
enum SharedKind: Equatable {
  case text(SharedText)
  case array(SharedArray)
  case map(SharedMap)

  init?(_ content: Content) {
    switch content {
    case .text(let text): self = .text(text)
    case .array(let array): self = .array(array)
    case .map(let map): self = .map(map)
    default: return nil
    }
  }

  /// What it holds, in the order that operations count.
  var children: [Content] {
    switch self {
    case .text: []
    case .array(let array): array.values
    case .map(let map): map.keysInBytes.compactMap { map[$0] }
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
    default: .map(map(name))
    }
  }

  /// All shared types, each root followed by those inside it, depth first.
  var sharedTypes: [SharedKind] {
    var found: [SharedKind] = []
    func visit(_ type: SharedKind) {
      found.append(type)
      for child in type.children.compactMap(SharedKind.init) { visit(child) }
    }
    for name in ["text", "array", "map"] { visit(sharedRoot(name)) }
    return found
  }
}

extension Operation {
  /// Resolves the numbers by the rule in `Drivers/PROTOCOL.md`, and edits.
  func perform(on document: Document) {
    let types = document.sharedTypes
    switch types[Int(target) % types.count] {
    case .text(let text): perform(on: text)
    case .array(let array): perform(on: array)
    case .map(let map): perform(on: map)
    }
  }

  private func perform(on sharedText: SharedText) {
    let units = Array(sharedText.string.utf16)
    let inserts = choice % 4 < 3 || units.isEmpty
    var start = Int(position) % (units.count + (inserts ? 1 : 0))
    var end = min(start + 1 + Int(count % 8), units.count)
    if !splitsPairs {
      if isInsidePair(units, start) { start -= 1 }
      if isInsidePair(units, end) { end += 1 }
    }
    if inserts {
      sharedText.insert(text, at: start)
    } else {
      sharedText.delete(at: start, count: end - start)
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
