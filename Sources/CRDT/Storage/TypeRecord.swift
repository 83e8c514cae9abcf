/// A type's number in its document; never used again for another type.
typealias TypeIndex = UInt32
/// A sequence's number in its document.
typealias SequenceIndex = Int32

/// What a shared type is to those who read it; the raw value is Yjs' type reference.
public enum TypeKind: UInt8, Sendable, BitwiseCopyable {
  /// A list of values and types.
  case array = 0
  /// Values and types by key.
  case map = 1
  /// Text.
  case text = 2
  /// A named node with attributes and children.
  case xmlElement = 3
  /// A list of XML nodes.
  case xmlFragment = 4
  /// A named node whose meaning is the application's.
  case xmlHook = 5
  /// Text among XML nodes.
  case xmlText = 6
  /// A root that came from a peer and has not been asked for by any kind here.
  case unknown = 255
}

/// A root or nested type: a list of units, and a chain of values for each key.
///
/// Every type has both: which of them is used is for its readers to say.
struct TypeRecord {
  var kind: TypeKind
  /// The type's item was deleted, and with it everything below.
  var isDeleted = false
  /// The deleted type's content was given up as well; what arrives for it later is nothing but clocks.
  var isCollected = false
  /// The unit that holds the type; none for a root.
  var item: UnitID
  /// The root's name, or the name of an XML element or hook.
  var name: NameIndex
  /// The type's list, or −1 while it has none.
  var list: SequenceIndex = -1
  /// The chains of the type's keys, linked in the order in which the keys came up; −1 for none.
  var firstChain: SequenceIndex = -1
  var lastChain: SequenceIndex = -1

  var isRoot: Bool { item.isNone }
}

/// A list, or the chain of values of one key: its place and its position tree.
struct SequenceRecord {
  var type: TypeIndex
  /// The key whose values these are, or none for a type's list.
  var key: NameIndex
  /// The root of the position tree, or −1 while one leaf is enough.
  var root: InnerIndex = -1
  /// The outermost leaves, or −1 while there is nothing.
  var first: LeafIndex = Leaf.none
  var last: LeafIndex = Leaf.none
  /// Units that count: not deleted, and no formatting marks.
  var visible: Int32 = 0
  /// The next chain of the same type.
  var nextChain: SequenceIndex = -1
  /// The transaction that last changed this sequence.
  var changedIn: UInt64 = 0

  var isChain: Bool { @inline(__always) get { key != NameTable.none } }
}

extension DocumentStore {
  private static var rootMarker: UInt64 { 0xFFFF_FFFF }

  /// The root type with the given name, if there is one.
  func findRoot(_ name: UnsafeRawBufferPointer) -> TypeIndex? {
    guard let interned = names.find(name) else { return nil }
    let known = places.find(Self.rootMarker << 32 | UInt64(interned))
    return known == HashIndex.none ? nil : known
  }

  /// The root type with the given name, which is made when it is new.
  mutating func rootType(_ name: UnsafeRawBufferPointer) -> TypeIndex {
    let interned = names.intern(name)
    let place = Self.rootMarker << 32 | UInt64(interned)
    let known = places.find(place)
    if known != HashIndex.none { return known }
    let type = TypeIndex(types.count)
    types.append(TypeRecord(kind: .unknown, item: .none, name: interned))
    places.insert(place, type)
    return type
  }

  /// The list of a type, which is made when it is new.
  @inline(__always)
  mutating func list(of type: TypeIndex) -> SequenceIndex {
    let known = types[Int(type)].list
    return known >= 0 ? known : makeList(of: type)
  }

  @inline(never)
  private mutating func makeList(of type: TypeIndex) -> SequenceIndex {
    let sequence = SequenceIndex(sequences.count)
    sequences.append(SequenceRecord(type: type, key: NameTable.none))
    types[Int(type)].list = sequence
    return sequence
  }

  /// The chain of a key's values, or nil when the key never had one.
  func findChain(of type: TypeIndex, key: NameIndex) -> SequenceIndex? {
    let known = places.find(UInt64(type) << 32 | UInt64(key))
    return known == HashIndex.none ? nil : SequenceIndex(known)
  }

  /// The chain of a key's values, or nil when the key never had one.
  func findChain(of type: TypeIndex, key: UnsafeRawBufferPointer) -> SequenceIndex? {
    names.find(key).flatMap { findChain(of: type, key: $0) }
  }

  /// The chain of a key's values, which is made when it is new.
  mutating func chain(of type: TypeIndex, key: UnsafeRawBufferPointer) -> SequenceIndex {
    chain(of: type, key: names.intern(key))
  }

  /// The chain of a key's values, which is made when it is new.
  mutating func chain(of type: TypeIndex, key name: NameIndex) -> SequenceIndex {
    if let known = findChain(of: type, key: name) { return known }
    let sequence = SequenceIndex(sequences.count)
    sequences.append(SequenceRecord(type: type, key: name))
    places.insert(UInt64(type) << 32 | UInt64(name), UInt32(sequence))
    let last = types[Int(type)].lastChain
    if last >= 0 { sequences[Int(last)].nextChain = sequence } else { types[Int(type)].firstChain = sequence }
    types[Int(type)].lastChain = sequence
    return sequence
  }

  /// Calls `body` for the type's list and for each of its chains.
  func forEachSequence(of type: TypeIndex, _ body: (SequenceIndex) -> Void) {
    let record = types[Int(type)]
    if record.list >= 0 { body(record.list) }
    var chain = record.firstChain
    while chain >= 0 {
      body(chain)
      chain = sequences[Int(chain)].nextChain
    }
  }
}
