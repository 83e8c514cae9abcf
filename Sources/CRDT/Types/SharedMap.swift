/// Values and nested types by key, changed by several replicas at once.
///
/// Of concurrent values for one key the same one wins everywhere: the one of the largest client identifier. Keys are
/// compared byte by byte, as in JavaScript. A handle to a place in a document: copies mean the same map. A map whose item
/// was deleted is empty, and changes to it do nothing.
public struct SharedMap: SharedType {
  /// The document that the map is in.
  public let document: Document
  let type: TypeIndex

  /// Which of the document's types it is.
  public var id: SharedTypeID { SharedTypeID(type: type) }

  /// The keys that have values, in the order in which they came up here.
  ///
  /// - Complexity: O(*n*) in the keys that ever had a value.
  public var keys: [String] { chains.map { document.store.pointee.names.string($0.key) } }

  /// The number of keys that have values.
  ///
  /// - Complexity: O(*n*) in the keys that ever had a value.
  public var count: Int { chains.count }

  /// The value of a key, nil when it has none.
  ///
  /// - Complexity: O(1).
  public subscript(key: String) -> Content? { document.content(of: type, forKey: key) }

  /// All keys with their values, in the order in which the keys came up here.
  public var entries: [(key: String, value: Content)] {
    chains.map { (document.store.pointee.names.string($0.key), document.content($0.unit)) }
  }

  private var chains: [(key: NameIndex, unit: UnitID)] {
    var found: [(key: NameIndex, unit: UnitID)] = []
    let store = document.store
    var chain = store.pointee.types[Int(type)].firstChain
    while chain >= 0 {
      let record = store.pointee.sequences[Int(chain)]
      if let unit = store.pointee.value(ofChain: chain) { found.append((record.key, unit)) }
      chain = record.nextChain
    }
    return found
  }

  // MARK: Changes

  /// Gives a key a value.
  ///
  /// - Complexity: O(1).
  public func set(_ value: Value, forKey key: String) {
    document.set(in: type, forKey: key) { store in (value.contentKind, store.addCell(Cell(encoding: value))) }
  }

  /// Gives a key an empty text.
  @discardableResult
  public func setText(forKey key: String) -> SharedText {
    SharedText(document: document, type: document.setType(.text, in: type, forKey: key))
  }

  /// Gives a key an empty array.
  @discardableResult
  public func setArray(forKey key: String) -> SharedArray {
    SharedArray(document: document, type: document.setType(.array, in: type, forKey: key))
  }

  /// Gives a key an empty map.
  @discardableResult
  public func setMap(forKey key: String) -> SharedMap {
    SharedMap(document: document, type: document.setType(.map, in: type, forKey: key))
  }

  /// Takes a key's value away. Does nothing when it has none.
  public func removeValue(forKey key: String) {
    document.removeValue(of: type, forKey: key)
  }

  /// Calls `handler` after each transaction that changed the map.
  public func observe(_ handler: @escaping (MapEvent) -> Void) -> Subscription {
    document.observe(type, add: { $0.map.add(handler) }, remove: { $0.map.remove($1) })
  }
}
