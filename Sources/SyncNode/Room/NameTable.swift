/// A room's name, told from others by its bytes, as rights and stores tell it.
///
/// Swift takes texts for equal that Unicode does: K and the sign for kelvin, é and an e with an accent. By these, whoever has a
/// right to one room would be let into another one.
struct NameKey: Hashable, Sendable {
  let name: String

  init(_ name: String) { self.name = name }

  static func == (left: NameKey, right: NameKey) -> Bool { left.name.utf8.elementsEqual(right.name.utf8) }

  func hash(into hasher: inout Hasher) {
    var name = name
    name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}

extension String {
  /// Whether no room may have the name: SQLite ends texts at a NUL, so that it would have the document of another one.
  var isNoRoom: Bool { utf8.contains(0) }
}

/// What there is by names of rooms: see ``NameKey``.
struct NameTable<Value>: Sequence {
  private var values: [NameKey: Value] = [:]

  var count: Int { values.count }
  var isEmpty: Bool { values.isEmpty }

  subscript(name: String) -> Value? {
    get { values[NameKey(name)] }
    _modify { yield &values[NameKey(name)] }
  }

  @discardableResult
  mutating func removeValue(forKey name: String) -> Value? { values.removeValue(forKey: NameKey(name)) }

  func makeIterator() -> AnyIterator<(key: String, value: Value)> {
    var iterator = values.makeIterator()
    return AnyIterator { iterator.next().map { ($0.key.name, $0.value) } }
  }
}

extension NameTable: Sendable where Value: Sendable {}

/// Some names of rooms: see ``NameKey``.
struct NameSet: Sendable {
  private var names: Set<NameKey> = []

  var count: Int { names.count }
  var isEmpty: Bool { names.isEmpty }

  func contains(_ name: String) -> Bool { names.contains(NameKey(name)) }

  mutating func insert(_ name: String) { names.insert(NameKey(name)) }

  /// - Returns: Whether the name was there.
  @discardableResult
  mutating func remove(_ name: String) -> Bool { names.remove(NameKey(name)) != nil }

  mutating func removeAll() { names.removeAll() }
}
