/// A list whose elements can be moved: of concurrent moves of one element one wins everywhere, and the element is there
/// once, never twice and never lost.
///
/// ```swift
/// let tasks = MovableList(document.array("tasks"))
/// tasks.append("write")
/// tasks.append("read")
/// tasks.move(from: 1, to: 0)
/// tasks.element(at: 0).set(true, forKey: "done")  // elements are maps, with room for more
/// ```
/// A plain array to others; <doc:Structures> has the convention. An element is a ``SharedMap``, with the list's value under
/// `value` and the place it was moved to under `place`; other keys are the application's. In ``SharedArray`` a move would
/// be a deletion and an insertion, and two concurrent ones would leave two copies.
///
/// - A concurrent move and change of value both take effect.
/// - A deletion wins against concurrent moves and changes of the same element.
/// - Elements inserted in one go stay together when others insert at the same place.
/// - What a peer wrote and is no element is passed over. A place that does not exist means the place of insertion.
///
/// After Martin Kleppmann, *Moving Elements in List CRDTs* (PaPoC 2020): positions are elements of a sequence CRDT, and a
/// register names the present one. A move adds a position and deletes the former one; positions that lost against a
/// concurrent move go with the next change. So the array holds at most two elements for each of the list, and one more for
/// each concurrent move since.
///
/// Indices are those of the list, not of its array. Finding them takes a walk through the array: this is a list for what
/// people arrange by hand, up to some ten thousand elements.
///
/// A handle to a place in a document, like ``SharedArray``: copies mean the same list.
public struct MovableList: Equatable {
  /// Where the elements and their places are. Observing it tells of insertions, moves and deletions, not of changed values.
  public let array: SharedArray

  /// The list whose elements are in `array`.
  ///
  /// - Parameter array: Any array of maps. Strings in it are places of moved elements, and are deleted when no element names
  ///   them: an array of strings is no list.
  public init(_ array: SharedArray) { self.array = array }

  // MARK: Reading

  /// The number of elements.
  ///
  /// - Complexity: O(*n*).
  public var count: Int {
    array.values.reduce(0) { count, content in content.map == nil ? count : count + 1 }
  }

  /// The elements in order.
  ///
  /// - Complexity: O(*n* log *n*).
  public var elements: [SharedMap] { arrangement.elements.map { $0.map } }

  /// What the elements hold under `value`, in order; nil for an element without it.
  ///
  /// - Complexity: O(*n* log *n*).
  public var values: [Content?] { elements.map { $0[Self.valueKey] } }

  /// The element at an index.
  ///
  /// - Precondition: 0 ≤ `index` < ``count``.
  /// - Complexity: O(*n* log *n*).
  public func element(at index: Int) -> SharedMap {
    let elements = elements
    precondition(elements.indices.contains(index), "an index is outside of its list")
    return elements[index]
  }

  /// Where an element is, or nil when it is not in the list.
  ///
  /// - Complexity: O(*n* log *n*).
  public func index(of element: SharedMap) -> Int? { elements.firstIndex(of: element) }

  // MARK: Changes

  /// Inserts an element with `value` before the one at `index`.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  /// - Complexity: O(*n* log *n*).
  @discardableResult
  public func insert(_ value: Value, at index: Int) -> SharedMap {
    array.document.transact {
      let element = insertElement(at: index)
      element.set(value, forKey: Self.valueKey)
      return element
    }
  }

  /// Inserts an element for each of the values before the one at `index`.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  /// - Complexity: O(*n* log *n* + *k* log *n*) for *k* values.
  public func insert(contentsOf values: [Value], at index: Int) {
    let position = arrangement.position(of: index)
    array.document.transact {
      for (offset, value) in values.enumerated() {
        insertMap(before: position.map { $0 + offset }).set(value, forKey: Self.valueKey)
      }
    }
  }

  /// Inserts an element without a value before the one at `index`.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  /// - Complexity: O(*n* log *n*).
  @discardableResult
  public func insertElement(at index: Int) -> SharedMap {
    insertMap(before: arrangement.position(of: index))
  }

  /// Inserts an element with `value` at the end.
  ///
  /// - Complexity: O(log *n*).
  @discardableResult
  public func append(_ value: Value) -> SharedMap {
    array.document.transact {
      let element = array.appendMap()
      element.set(value, forKey: Self.valueKey)
      return element
    }
  }

  /// Gives the element at `index` another value.
  ///
  /// - Precondition: 0 ≤ `index` < ``count``.
  /// - Complexity: O(*n* log *n*).
  public func set(_ value: Value, at index: Int) {
    element(at: index).set(value, forKey: Self.valueKey)
  }

  /// Moves the element at index `from`, so that it is at index `to` afterwards.
  ///
  /// - Precondition: `from` and `to` are at least 0 and less than ``count``.
  /// - Complexity: O(*n* log *n*).
  public func move(from: Int, to: Int) {
    var arrangement = arrangement
    let indices = arrangement.elements.indices
    precondition(indices.contains(from) && indices.contains(to), "an index is outside of its list")
    guard from != to else { return }
    let moved = arrangement.elements.remove(at: from)
    var change = PlacementChange(insertion: arrangement.position(of: to), deletions: arrangement.unused)
    if moved.place != moved.home { change.deletions.append(moved.place) }
    array.document.transact {
      let token = array.document.makeUniqueName()
      // First the name, then the token: whoever sees a token that no element names knows that it has no use any more.
      moved.map.set(.string(token), forKey: Self.placeKey)
      change.apply(to: array) { position in
        if let position { array.insert(.string(token), at: position) } else { array.append(.string(token)) }
      }
    }
  }

  /// Deletes the element at `index`.
  ///
  /// - Precondition: 0 ≤ `index` < ``count``.
  /// - Complexity: O(*n* log *n*).
  public func delete(at index: Int) {
    let arrangement = arrangement
    precondition(arrangement.elements.indices.contains(index), "an index is outside of its list")
    let element = arrangement.elements[index]
    let change = PlacementChange(deletions: arrangement.unused + [element.home, element.place])
    array.document.transact { change.delete(from: array) }
  }

  // MARK: The convention

  private static var valueKey: String { "value" }
  private static var placeKey: String { "place" }

  private func insertMap(before position: Int?) -> SharedMap {
    if let position { array.insertMap(at: position) } else { array.appendMap() }
  }

  private var arrangement: Arrangement {
    var placed = PlacedElements(array)
    var elements = placed.elements.map { element in
      let place = placed.place(home: element.home, naming: element.map[Self.placeKey]?.value?.stringValue)
      return Arrangement.Element(map: element.map, home: element.home, place: place)
    }
    // A peer may have two elements name one token.
    elements.sort { ($0.place, $0.home) < ($1.place, $1.home) }
    return Arrangement(elements: elements, unused: placed.unused)
  }
}

/// The elements of a list in order, with indices of its array.
private struct Arrangement {
  struct Element {
    let map: SharedMap
    /// Where the element was inserted.
    let home: Int
    /// Where it stands: at its token, or at home.
    let place: Int
  }

  var elements: [Element]
  /// Where tokens are that have no use any more.
  let unused: [Int]

  /// The array's index to insert at so that an element gets the index `index`: behind its left neighbour; nil for the end.
  func position(of index: Int) -> Int? {
    precondition(index >= 0 && index <= elements.count, "an insertion is outside of its list")
    if index == elements.count { return nil }
    return index == 0 ? elements[0].place : elements[index - 1].place + 1
  }
}
