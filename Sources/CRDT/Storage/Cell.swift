/// The content of one unit that is not text: its encoded bytes, or the number of its type.
///
/// Up to seven bytes are kept in the cell itself, which is most numbers and short strings; longer content is a block of
/// its own. The bytes are those of update format V1, checked when they came in.
struct Cell {
  private var bits: UInt64

  private static var tagShift: UInt64 { 56 }
  private static var blockTag: UInt64 { 0xFF }
  /// Bytes before a block's content: its length.
  private static var blockHeader: Int { 8 }

  /// A cell without content.
  static var empty: Cell { Cell(bits: 0) }

  private init(bits: UInt64) { self.bits = bits }

  /// A nested type's number.
  init(type: TypeIndex) { bits = UInt64(type) }

  var type: TypeIndex { @inline(__always) get { TypeIndex(truncatingIfNeeded: bits) } }

  /// A copy of `content`, to be given back by ``free()``.
  init(copying content: UnsafeRawBufferPointer) {
    if content.count < 8 {
      var packed = UInt64(content.count) << Self.tagShift
      for (index, byte) in content.enumerated() { packed |= UInt64(byte) << UInt64(index * 8) }
      bits = packed
    } else {
      let block = UnsafeMutableRawPointer.allocate(byteCount: Self.blockHeader + content.count, alignment: 8)
      block.storeBytes(of: UInt64(content.count), as: UInt64.self)
      (block + Self.blockHeader).copyMemory(from: content.baseAddress!, byteCount: content.count)
      bits = Self.blockTag << Self.tagShift | UInt64(UInt(bitPattern: block)) & Self.addressMask
    }
  }

  private static var addressMask: UInt64 { (1 << 56) - 1 }

  private var block: UnsafeMutableRawPointer? {
    guard bits >> Self.tagShift == Self.blockTag else { return nil }
    return UnsafeMutableRawPointer(bitPattern: UInt(truncatingIfNeeded: bits & Self.addressMask))
  }

  /// Gives a copied content's memory back. Not for a type's cell.
  func free() { block?.deallocate() }

  /// Lends the encoded content.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    if let block {
      let count = Int(block.load(as: UInt64.self))
      return body(UnsafeRawBufferPointer(start: block + Self.blockHeader, count: count))
    }
    let packed = bits.littleEndian
    return withUnsafeBytes(of: packed) { body(UnsafeRawBufferPointer(rebasing: $0[..<Int(bits >> Self.tagShift)])) }
  }
}
