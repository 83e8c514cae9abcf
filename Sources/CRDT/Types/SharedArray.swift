/// A list that several replicas change at once: plain values and nested types.
///
/// A handle to a place in a document: copies mean the same array. An array whose item was deleted is empty, and changes to
/// it do nothing.
public struct SharedArray: SharedType {
  /// The document that the array is in.
  public let document: Document
  let type: TypeIndex

  /// Which of the document's types it is.
  public var id: SharedTypeID { SharedTypeID(type: type) }

  /// The number of elements.
  public var count: Int { document.count(ofListOf: type) }

  /// The element at an index.
  ///
  /// - Precondition: 0 ≤ `index` < ``count``.
  /// - Complexity: O(log *n*).
  public subscript(index: Int) -> Content { document.content(inListOf: type, at: index) }

  /// All elements.
  ///
  /// - Complexity: O(*n*) in the elements and the tombstones' spans.
  public var values: [Content] { document.contents(ofListOf: type) }

  // MARK: Changes

  /// Inserts a value before the element at `index`.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  public func insert(_ value: Value, at index: Int) { insert([value], at: index) }

  /// Inserts values before the element at `index`.
  ///
  /// - Precondition: 0 ≤ `index` ≤ ``count``.
  /// - Complexity: O(*k* + log *n*) for *k* values.
  public func insert(_ values: [Value], at index: Int) {
    document.insert(values, intoListOf: type, at: .index(index))
  }

  /// Inserts a value at the end, behind tombstones too, so that concurrent appends keep their order.
  public func append(_ value: Value) { append(contentsOf: [value]) }

  /// Inserts values at the end, behind tombstones too, so that concurrent appends keep their order.
  public func append(contentsOf values: [Value]) {
    document.insert(values, intoListOf: type, at: .end)
  }

  /// Inserts an empty text before the element at `index`.
  @discardableResult
  public func insertText(at index: Int) -> SharedText {
    SharedText(document: document, type: document.insertType(.text, intoListOf: type, at: .index(index)))
  }

  /// Inserts an empty array before the element at `index`.
  @discardableResult
  public func insertArray(at index: Int) -> SharedArray {
    SharedArray(document: document, type: document.insertType(.array, intoListOf: type, at: .index(index)))
  }

  /// Inserts an empty map before the element at `index`.
  @discardableResult
  public func insertMap(at index: Int) -> SharedMap {
    SharedMap(document: document, type: document.insertType(.map, intoListOf: type, at: .index(index)))
  }

  /// Inserts an empty text at the end.
  @discardableResult
  public func appendText() -> SharedText {
    SharedText(document: document, type: document.insertType(.text, intoListOf: type, at: .end))
  }

  /// Inserts an empty array at the end.
  @discardableResult
  public func appendArray() -> SharedArray {
    SharedArray(document: document, type: document.insertType(.array, intoListOf: type, at: .end))
  }

  /// Inserts an empty map at the end.
  @discardableResult
  public func appendMap() -> SharedMap {
    SharedMap(document: document, type: document.insertType(.map, intoListOf: type, at: .end))
  }

  /// Deletes the `count` elements from `index` on.
  ///
  /// - Precondition: The range lies in the array.
  public func delete(at index: Int, count: Int = 1) {
    document.delete(fromListOf: type, at: index, count: count)
  }

  /// Calls `handler` after each transaction that changed the array.
  public func observe(_ handler: @escaping (ArrayEvent) -> Void) -> Subscription {
    document.observe(type, add: { $0.array.add(handler) }, remove: { $0.array.remove($1) })
  }
}
