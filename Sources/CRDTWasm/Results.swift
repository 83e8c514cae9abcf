// How calls hand bytes and failures back to JavaScript, which reads them from linear memory.

/// What a call returns instead of a result. JavaScript knows these numbers (`Web/instance.js`).
enum Status {
  /// Done.
  static var done: Int32 { 0 }
  /// There is nothing where something was asked for. No bytes lie at address 0.
  static var none: Int32 { 0 }
  /// Bytes were refused: `failure` has the reason.
  static var refused: Int32 { -1 }
  /// An index or a count is outside of its type.
  static var outOfRange: Int32 { -2 }
  /// The document has no room for so much more.
  static var noRoom: Int32 { -3 }
  /// A root is something else than it was asked for as.
  static var otherKind: Int32 { -4 }
  /// The document gives up deleted content, so it has no past.
  static var collectsGarbage: Int32 { -5 }
  /// The document does not know all of a snapshot.
  static var notKnown: Int32 { -6 }
}

/// The bytes that the last call gave, with their count in the 4 bytes before them.
private nonisolated(unsafe) var given: UnsafeMutableRawPointer?
private nonisolated(unsafe) var givenCapacity = 0

/// Room that is kept for the next call's bytes.
private var keptCapacity: Int { 1 << 16 }

/// Copies bytes to where they stay until the next call that gives bytes.
///
/// - Returns: Their address. Their count is in the 4 bytes before it.
func give(_ bytes: UnsafeRawBufferPointer) -> Int32 {
  if bytes.count > givenCapacity || (givenCapacity > keptCapacity && bytes.count < givenCapacity / 4) {
    given?.deallocate()
    givenCapacity = max(bytes.count, 1024)
    given = .allocate(byteCount: givenCapacity + 8, alignment: 8)
  }
  // Only an empty heap has no memory here.
  let start = given! + 8
  (given! + 4).storeBytes(of: Int32(truncatingIfNeeded: bytes.count), as: Int32.self)
  if let source = bytes.baseAddress { start.copyMemory(from: source, byteCount: bytes.count) }
  return Int32(truncatingIfNeeded: Int(bitPattern: start))
}

/// Copies bytes to where they stay until the next call that gives bytes.
func give(_ bytes: [UInt8]) -> Int32 { bytes.withUnsafeBytes { give($0) } }

/// Gives what a writer has written.
func give(_ writer: consuming ByteWriter) -> Int32 { writer.withBytes { give($0) } }

/// Why bytes were refused, for ``failure()``.
private nonisolated(unsafe) var lastFailure = UpdateError(.truncated, at: 0)

/// Notes why bytes were refused.
func refuse(_ error: UpdateError) -> Int32 {
  lastFailure = error
  return Status.refused
}

/// Why the last call refused bytes: 4 bytes with the offset in what it was given, then the reason in words.
@_expose(wasm, "failure") @_cdecl("crdt_failure")
public func failure() -> Int32 {
  var writer = ByteWriter()
  let offset = UInt32(truncatingIfNeeded: lastFailure.byteOffset)
  for shift in [0, 8, 16, 24] as [UInt32] { writer.writeByte(UInt8(truncatingIfNeeded: offset >> shift)) }
  lastFailure.code.description.utf8.forEach { writer.writeByte($0) }
  return give(writer)
}

/// The bytes that a caller points to.
@inline(__always)
func bytes(_ address: UnsafeRawPointer?, _ count: Int32) -> UnsafeRawBufferPointer {
  UnsafeRawBufferPointer(start: address, count: Int(count))
}

/// The text that a caller points to.
func string(_ address: UnsafeRawPointer?, _ count: Int32) -> String {
  String(decoding: bytes(address, count), as: UTF8.self)
}

/// The value that a caller points to, in lib0's encoding.
///
/// - Throws: ``UpdateError`` when it nests too deeply; JavaScript writes nothing else wrong.
func value(_ address: UnsafeRawPointer?, _ count: Int32) throws(UpdateError) -> Value {
  var reader = ByteReader(bytes(address, count))
  return try ValueCodec.read(&reader)
}

/// The attributes that a caller points to, as an object in lib0's encoding; none for `undefined`.
func attributes(_ address: UnsafeRawPointer?, _ count: Int32) throws(UpdateError) -> Attributes {
  count == 0 ? Attributes() : Attributes(value: try value(address, count))
}

extension Attributes {
  /// The members of an object; none of anything else.
  init(value: Value) {
    if case .object(let members) = value { self.init(members) } else { self.init() }
  }
}

/// An origin by its name, which JavaScript makes of whatever it was given.
func origin(_ address: UnsafeRawPointer?, _ count: Int32) -> Origin? {
  count == 0 ? nil : Origin(string(address, count))
}

/// The client that a number of JavaScript names, if it can be one.
func client(_ number: Double) -> ClientID? {
  number >= 0 && number < 0x20_0000_0000_0000 ? ClientID(rawValue: UInt64(number)) : nil
}
