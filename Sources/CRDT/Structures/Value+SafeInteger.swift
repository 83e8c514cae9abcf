extension Value {
  /// The largest whole number up to which JavaScript counts without gaps, 2^53 − 1.
  static var safeIntegerMax: Int64 { 0x1F_FFFF_FFFF_FFFF }

  /// A whole number from −(2^53 − 1) to 2^53 − 1, whether it was written as a number or as a `BigInt`; else nil.
  var safeInteger: Int64? {
    switch self {
    case .number(let number):
      guard number.magnitude <= Double(Self.safeIntegerMax) else { return nil }
      let whole = Int64(number)
      return Double(whole) == number ? whole : nil
    case .bigInt(let whole): return whole.magnitude <= Self.safeIntegerMax.magnitude ? whole : nil
    default: return nil
    }
  }
}
