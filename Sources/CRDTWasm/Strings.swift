// Strings in few bytes. All of them are UTF-8 in one place here, but the standard library's functions are ready for those of
// Objective-C, too, and what finds an index in such a string would be a twentieth of all code that a browser has to load.
// These take their place in this module.

extension String.UTF8View {
  /// Lends the bytes: one function for all that is done with them.
  @inline(never)
  fileprivate func lend(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    withContiguousStorageIfAvailable(body)!
  }

  /// How many bytes there are.
  var count: Int {
    var count = 0
    lend { count = $0.count }
    return count
  }

  /// Whether both are the same bytes.
  @inline(never)
  func elementsEqual(_ other: String.UTF8View) -> Bool {
    var isEqual = false
    lend { left in other.lend { right in isEqual = left.elementsEqual(right) } }
    return isEqual
  }

  /// Whether the bytes come before others in the order of a dictionary.
  @inline(never)
  func lexicographicallyPrecedes(_ other: String.UTF8View) -> Bool {
    var precedes = false
    lend { left in other.lend { right in precedes = left.lexicographicallyPrecedes(right) } }
    return precedes
  }

  /// Calls `body` with each byte.
  func forEach(_ body: (UInt8) -> Void) { lend { $0.forEach(body) } }
}

extension String {
  /// Lends the bytes.
  mutating func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    var result: Result?
    utf8.lend { result = body($0) }
    return result!
  }

  /// The text that bytes mean; what is no UTF-8 becomes U+FFFD.
  @inline(never)
  init(decoding bytes: UnsafeRawBufferPointer, as encoding: UTF8.Type) {
    let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let bytes = UnsafeBufferPointer(start: start, count: bytes.count)
    self = String(validating: bytes, as: encoding) ?? String(validating: repaired(bytes), as: encoding)!
  }

  /// The text that bytes mean; what is no UTF-8 becomes U+FFFD.
  init(decoding bytes: [UInt8], as encoding: UTF8.Type) {
    self = bytes.withUnsafeBytes { String(decoding: $0, as: encoding) }
  }
}

/// The bytes with U+FFFD instead of what is no UTF-8. What a peer sends was refused before, so this is never called for it.
private func repaired(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
  var repaired: [UInt8] = []
  var rest = bytes.makeIterator()
  var parser = Unicode.UTF8.ForwardParser()
  while true {
    switch parser.parseScalar(from: &rest) {
    case .valid(let scalar): repaired.append(contentsOf: scalar)
    case .error: repaired.append(contentsOf: [0xEF, 0xBF, 0xBD])
    case .emptyInput: return repaired
    }
  }
}

extension [UInt8] {
  /// The bytes of a text.
  @inline(never)
  init(_ text: String.UTF8View) {
    self = []
    text.lend { append(contentsOf: $0) }
  }
}
