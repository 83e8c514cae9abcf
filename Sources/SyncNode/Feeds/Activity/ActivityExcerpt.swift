import CRDT

/// Reads what is left in a document of what was written there, as text to show and to search in.
///
/// Text is what it is; of lists and keys the strings are told that are in what came, which may be nested. What was deleted
/// since is not there, so that what was mistyped is not told, and neither is what was written by mistake.
struct ActivityExcerpt {
  /// Between what does not follow one another.
  static let gap = " … "
  private static let depthMax = 8

  private let document: Document
  private let bytesMax: Int
  private var text = ""

  private init(_ document: Document, bytesMax: Int) {
    self.document = document
    self.bytesMax = bytesMax
  }

  /// - Parameters:
  ///   - units: What was written at one place.
  ///   - key: The key that they are values of; nil in a list.
  ///   - bytesMax: How long the text is at most.
  /// - Returns: Nil when there is no text.
  /// - Complexity: O(*k* log *n*) for *k* pieces that do not follow one another, at most as many as `bytesMax`.
  static func text(of units: IDSet, key: String?, in document: Document, bytesMax: Int) -> String? {
    var excerpt = ActivityExcerpt(document, bytesMax: bytesMax)
    if let key { excerpt.addValue(of: units, forKey: key) } else { excerpt.addPieces(of: units) }
    return excerpt.text.isEmpty ? nil : excerpt.text.clipped(toBytes: bytesMax)
  }

  private var isFull: Bool { text.utf8.count >= bytesMax }

  // MARK: Pieces of a list

  /// Units that stand side by side.
  private struct Piece {
    let target: Content
    let indices: Range<Int>
  }

  private mutating func addPieces(of units: IDSet) {
    var pieces: [Piece] = []
    var left = bytesMax
    for client in units.clients {
      for clocks in units.ranges(of: client) where left > 0 {
        let count = min(clocks.upperBound - clocks.lowerBound, Clock(left))
        left -= Int(count)
        addPieces(clocks.lowerBound..<clocks.lowerBound + count, of: client, to: &pieces)
      }
    }
    pieces.sort { $0.indices.lowerBound < $1.indices.lowerBound }
    var end: Int?
    for piece in pieces where !isFull {
      if !text.isEmpty { separate(isAdjacent: piece.indices.lowerBound == end, in: piece.target) }
      add(piece)
      end = piece.indices.upperBound
    }
  }

  /// Finds where units are, half by half where they do not stand side by side.
  private func addPieces(_ clocks: Range<Clock>, of client: ClientID, to pieces: inout [Piece]) {
    guard let first = place(of: clocks.lowerBound, client) else { return }
    let count = Int(clocks.upperBound - clocks.lowerBound)
    if count == 1 { return pieces.append(Piece(target: first.target, indices: first.index..<first.index + 1)) }
    if let last = place(of: clocks.upperBound - 1, client), last.index - first.index == count - 1 {
      return pieces.append(Piece(target: first.target, indices: first.index..<last.index + 1))
    }
    let middle = clocks.lowerBound + Clock(count / 2)
    addPieces(clocks.lowerBound..<middle, of: client, to: &pieces)
    addPieces(middle..<clocks.upperBound, of: client, to: &pieces)
  }

  private func place(of clock: Clock, _ client: ClientID) -> AbsolutePosition? {
    document.resolve(RelativePosition(item: ItemID(client: client, clock: clock)))
  }

  private mutating func separate(isAdjacent: Bool, in target: Content) {
    switch target {
    case .text, .xmlText: if !isAdjacent { text += ActivityExcerpt.gap }
    default: text += isAdjacent ? " " : ActivityExcerpt.gap
    }
  }

  private mutating func add(_ piece: Piece) {
    switch piece.target {
    case .text(let shared): add(shared, piece.indices)
    case .xmlText(let node): add(node.text, piece.indices)
    case .array(let array):
      for index in piece.indices where index < array.count && !isFull {
        addSpace(index > piece.indices.lowerBound)
        add(array[index], depth: 0)
      }
    case .xmlFragment(let fragment):
      for index in piece.indices where index < fragment.count && !isFull { add(fragment[index], depth: 0) }
    case .xmlElement(let element):
      for index in piece.indices where index < element.count && !isFull { add(element[index], depth: 0) }
    default: break
    }
  }

  private mutating func add(_ shared: SharedText, _ indices: Range<Int>) {
    // What is deleted here counts as being where its neighbour is.
    let range = indices.clamped(to: 0..<shared.count)
    let end = min(range.upperBound, range.lowerBound + bytesMax)
    if range.lowerBound < end { text += shared[range.lowerBound..<end] }
  }

  // MARK: Values

  private mutating func addValue(of units: IDSet, forKey key: String) {
    guard let client = units.clients.first, let clock = units.ranges(of: client).last?.lowerBound,
      let place = place(of: clock, client)
    else { return }
    switch place.target {
    case .map(let map): map[key].map { add($0, depth: 0) }
    case .xmlElement(let element): element.attributes[key].map { add($0, depth: 0) }
    default: break
    }
  }

  private mutating func addSpace(_ isNeeded: Bool = true) {
    if isNeeded, !text.isEmpty, text.last != " " { text += " " }
  }

  private mutating func add(_ content: Content, depth: Int) {
    guard depth < ActivityExcerpt.depthMax, !isFull else { return }
    switch content {
    case .value(let value): add(value, depth: depth)
    case .text(let shared): add(shared, 0..<shared.count)
    case .xmlText(let node): add(node.text, 0..<node.text.count)
    case .array(let array):
      for index in 0..<min(array.count, bytesMax) where !isFull {
        addSpace()
        add(array[index], depth: depth + 1)
      }
    case .map(let map):
      for key in map.keys.prefix(bytesMax) where !isFull {
        addSpace()
        map[key].map { add($0, depth: depth + 1) }
      }
    case .xmlElement(let element):
      for index in 0..<min(element.count, bytesMax) where !isFull {
        addSpace()
        add(element[index], depth: depth + 1)
      }
    default: break
    }
  }

  private mutating func add(_ value: Value, depth: Int) {
    guard depth < ActivityExcerpt.depthMax, !isFull else { return }
    switch value {
    case .string(let string): text += string.clipped(toBytes: bytesMax)
    case .array(let elements):
      for element in elements.prefix(bytesMax) where !isFull {
        addSpace()
        add(element, depth: depth + 1)
      }
    case .object(let members):
      for member in members.prefix(bytesMax) where !isFull {
        addSpace()
        add(member.value, depth: depth + 1)
      }
    default: break
    }
  }
}
