/// What the array of a ``MovableList`` or a ``MovableTree`` holds.
///
///     index    0      1      2      3      4
///     array  { A }  { B }   "t"   { C }   "u"
///
/// A map is an element, and its index its home. A string is a token: an element that names it stands there instead. Here,
/// if A names t, the order is B, A, C. No element names u, so u has no use any more. All else is passed over.
struct PlacedElements {
  /// The maps with their homes, in the array's order.
  private(set) var elements: [(map: SharedMap, home: Int)] = []
  /// Where each token is; if there are several of one name, the first.
  private var tokens: [JavaScriptString: Int] = [:]
  /// The indices of all strings that no element was found to name, in ascending order once all are found.
  private var isUnused: [Bool]

  /// Reads an array.
  ///
  /// - Complexity: O(*n*) in the array's elements.
  init(_ array: SharedArray) {
    let contents = array.values
    isUnused = [Bool](repeating: false, count: contents.count)
    for (index, content) in contents.enumerated() {
      switch content {
      case .map(let map): elements.append((map, index))
      case .value(.string(let name)):
        isUnused[index] = true
        let token = JavaScriptString(name)
        if tokens[token] == nil { tokens[token] = index }
      default: break
      }
    }
  }

  /// Where an element of the given home stands if it names `token`: there, or at home if there is no such token.
  ///
  /// - Complexity: O(1) on average.
  mutating func place(home: Int, naming token: String?) -> Int {
    guard let token, let index = tokens[JavaScriptString(token)] else { return home }
    isUnused[index] = false
    return index
  }

  /// The indices of tokens that none of the elements that were asked for stands at, in ascending order.
  var unused: [Int] { isUnused.indices.filter { isUnused[$0] } }
}

/// A change to the array of a ``MovableList`` or a ``MovableTree`` that indices from before it can describe.
struct PlacementChange {
  /// Before which index to insert; nil for the end.
  var insertion: Int?
  /// What to delete.
  var deletions: [Int] = []

  /// Inserts by `insert`, which is given the index or nil for the end, then deletes.
  ///
  /// - Complexity: O(*k* log *n*) for *k* deletions.
  func apply<Result>(to array: SharedArray, insert: (Int?) -> Result) -> Result {
    let result = insert(insertion)
    delete(from: array, behind: insertion)
    return result
  }

  /// Deletes, where an element has been inserted meanwhile before the index `inserted`.
  func delete(from array: SharedArray, behind inserted: Int? = nil) {
    var last: Int?
    for index in deletions.sorted(by: >) where index != last {
      last = index
      var present = index
      if let inserted, index >= inserted { present += 1 }
      if present < array.count { array.delete(at: present) }
    }
  }
}

extension Document {
  /// A name that no other client makes: this client's identifier and its next clock. Unique if something is written after
  /// it in the same transaction.
  ///
  /// - Complexity: O(*c*) in the document's clients.
  func makeUniqueName() -> String {
    let client = clientID
    return client.description + "-" + String(stateVector[client])
  }
}
