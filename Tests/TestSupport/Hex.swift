/// Bytes written in hexadecimal, spaces allowed anywhere between bytes, as in `"01 01 0100"`.
///
/// - Precondition: `digits` holds nothing but spaces and an even number of hexadecimal digits.
public func bytes(_ digits: String) -> [UInt8] {
  let nibbles = digits.filter { $0 != " " && $0 != "\n" }.map { digit in
    guard let value = digit.hexDigitValue else { preconditionFailure("\(digit) is no hexadecimal digit") }
    return UInt8(value)
  }
  precondition(nibbles.count.isMultiple(of: 2), "half a byte is left over")
  return stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
}

/// The bytes in hexadecimal, two digits each, without spaces.
public func hex(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef")
  return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
