/// Numbers in JavaScript's notation.
enum NumberText {
  /// Writes what `String(number)` is in JavaScript, as ASCII.
  ///
  /// - Precondition: `number` is finite.
  static func write(_ number: Double, to writer: inout ByteWriter) {
    if number < 0 { writer.writeByte(UInt8(ascii: "-")) }
    let decimal = DecimalNumber(shortest: number.magnitude)
    let digits = decimal.digits
    let exponent = Int(decimal.exponent)
    switch exponent {
    case _ where digits.isEmpty: writer.writeByte(UInt8(ascii: "0"))
    case digits.count...21 where exponent > 0:
      write(digits[...], to: &writer)
      writeZeros(exponent - digits.count, to: &writer)
    case 1...21:
      write(digits[..<exponent], to: &writer)
      writer.writeByte(UInt8(ascii: "."))
      write(digits[exponent...], to: &writer)
    case -5...0:
      writer.writeByte(UInt8(ascii: "0"))
      writer.writeByte(UInt8(ascii: "."))
      writeZeros(-exponent, to: &writer)
      write(digits[...], to: &writer)
    default:
      write(digits[..<1], to: &writer)
      if digits.count > 1 {
        writer.writeByte(UInt8(ascii: "."))
        write(digits[1...], to: &writer)
      }
      writer.writeByte(UInt8(ascii: "e"))
      writer.writeByte(exponent > 0 ? UInt8(ascii: "+") : UInt8(ascii: "-"))
      write(UInt64((exponent - 1).magnitude), to: &writer)
    }
  }

  /// Writes a whole number in decimal.
  static func write(_ integer: UInt64, to writer: inout ByteWriter) {
    var divisor: UInt64 = 1
    while integer / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      writer.writeByte(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: integer / divisor % 10))
      divisor /= 10
    }
  }

  private static func write(_ digits: ArraySlice<UInt8>, to writer: inout ByteWriter) {
    for digit in digits { writer.writeByte(UInt8(ascii: "0") + digit) }
  }

  private static func writeZeros(_ count: Int, to writer: inout ByteWriter) {
    for _ in 0..<count { writer.writeByte(UInt8(ascii: "0")) }
  }
}
