/// A number in decimal: `0.d₁d₂d₃… × 10^exponent`.
///
/// Conversions to and from doubles are exact: correctly rounded one way, the shortest digits that come back the other way
/// (Steele and White, "How to print floating-point numbers accurately", 1990; Clinger, "How to read floating-point numbers
/// accurately", 1990). They need neither the C library nor any tables, so they are the same on every platform.
struct DecimalNumber {
  /// Digits from 0 to 9, of which the first is not 0; none for zero.
  private(set) var digits: [UInt8] = []
  /// Where the point is, counted from before the first digit.
  private(set) var exponent: Int64 = 0
  /// Digits other than zero follow the last one, too many to matter but for rounding.
  private var isInexact = false

  /// Digits that are kept: a double never needs more to be rounded correctly than 768.
  private static var digitsMax: Int { 800 }
  /// Powers of ten that a double holds exactly.
  private static var exactPowerMax: Int { 22 }
  /// Digits of which every whole number is a double.
  private static var exactDigitsMax: Int { 15 }

  // MARK: Digits

  /// Zero, to have digits appended.
  init() {}

  /// Appends a digit behind the point; ``movePoint(_:)`` brings the point behind the digit.
  mutating func append(_ digit: UInt8) {
    if digits.isEmpty && digit == 0 {
      exponent -= 1
    } else if digits.count < Self.digitsMax {
      digits.append(digit)
    } else if digit > 0 {
      isInexact = true
    }
  }

  /// Multiplies by 10 to the power of `places`.
  mutating func movePoint(_ places: Int64) { exponent += places }

  // MARK: To a double

  /// The double nearest to the number; of two the one with the even significand; infinity beyond the largest.
  var double: Double {
    if digits.isEmpty || exponent < -330 { return 0 }
    if exponent > 310 { return .infinity }
    let power = Int(exponent) - digits.count
    if digits.count <= Self.exactDigitsMax && abs(power) <= Self.exactPowerMax {
      let whole = Double(digits.reduce(0 as UInt64) { $0 * 10 + UInt64($1) })
      return power < 0 ? whole / Self.powerOfTen(-power) : whole * Self.powerOfTen(power)
    }
    return exactDouble(power: power)
  }

  /// - Precondition: `exponent` is at most 22.
  private static func powerOfTen(_ exponent: Int) -> Double {
    var power = 1.0
    for _ in 0..<exponent { power *= 10 }
    return power
  }

  private func exactDouble(power: Int) -> Double {
    var numerator = NaturalNumber(0)
    for digit in digits { numerator.multiply(by: 10, adding: UInt32(digit)) }
    if numerator.isZero { return 0 }
    var power = power
    if isInexact {
      numerator.multiply(by: 10, adding: 1)
      power -= 1
    }
    var denominator = NaturalNumber(1)
    if power > 0 { numerator.multiply(byPowerOfTen: power) } else { denominator.multiply(byPowerOfTen: -power) }
    // Both are scaled until their quotient is at least 1 and below 2.
    var exponent = numerator.bitWidth - denominator.bitWidth
    if exponent > 0 { denominator.shiftLeft(exponent) } else { numerator.shiftLeft(-exponent) }
    if numerator.compare(denominator) < 0 {
      numerator.shiftLeft(1)
      exponent -= 1
    }
    if exponent > 1023 { return .infinity }
    let precision = exponent >= -1022 ? 53 : 53 - (-1022 - exponent)
    if precision < 0 { return 0 }
    var significand: UInt64 = 0
    for _ in 0..<precision {
      significand <<= 1
      if numerator.compare(denominator) >= 0 {
        significand |= 1
        numerator.subtract(denominator)
      }
      numerator.shiftLeft(1)
    }
    let half = numerator.compare(denominator)
    if half > 0 || (half == 0 && significand & 1 == 1) { significand += 1 }
    // A significand that was rounded up to the next power of two carries into the exponent.
    guard precision == 53 else { return Double(bitPattern: significand) }
    return Double(bitPattern: UInt64(exponent + 1023) << 52 + (significand - 1 << 52))
  }

  // MARK: From a double

  /// The shortest decimal that reads as `number`; of several the one nearest to it.
  ///
  /// - Precondition: `number` is finite and not negative.
  init(shortest number: Double) {
    guard number > 0 else { return }
    if !readShort(number) { readExactly(number) }
  }

  /// Tries to find up to 15 digits: there is at most one such number for a double.
  private mutating func readShort(_ number: Double) -> Bool {
    guard number >= 1e-5, number < 1e15 else { return false }
    var scale = 1.0
    for places in 0...19 {
      let scaled = number * scale
      guard scaled < 1e15 else { return false }
      let whole = UInt64(scaled + 0.5)
      if Double(whole) / scale == number {
        setDigits(whole, places: places)
        return true
      }
      scale *= 10
    }
    return false
  }

  private mutating func setDigits(_ whole: UInt64, places: Int) {
    var rest = whole
    while rest > 0 {
      digits.append(UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    }
    digits.reverse()
    exponent = Int64(digits.count - places)
    while digits.last == 0 { digits.removeLast() }
  }

  private mutating func readExactly(_ number: Double) {
    let fraction = number.bitPattern & (1 << 52 - 1)
    let biased = Int(number.bitPattern >> 52)
    let significand = biased == 0 ? fraction : fraction | 1 << 52
    let power = max(biased, 1) - 1075
    // The neighbour below a power of two is nearer than the one above.
    let isUneven = fraction == 0 && biased > 1
    // number = rest / unit; half the gaps to its neighbours are below / unit and above / unit.
    var rest = NaturalNumber(significand)
    var unit = NaturalNumber(1)
    var below = NaturalNumber(1)
    var above = NaturalNumber(isUneven ? 2 : 1)
    rest.shiftLeft((isUneven ? 2 : 1) + max(power, 0))
    unit.shiftLeft((isUneven ? 2 : 1) - min(power, 0))
    below.shiftLeft(max(power, 0))
    above.shiftLeft(max(power, 0))
    // An estimate of the decimal exponent that is right or one too small.
    let binary = power + 63 - significand.leadingZeroBitCount
    var decimal = Int((Double(binary) * 0.301_029_995_663_981_2 - 1e-10))
    if Double(decimal) < Double(binary) * 0.301_029_995_663_981_2 - 1e-10 { decimal += 1 }
    if decimal > 0 {
      unit.multiply(byPowerOfTen: decimal)
    } else {
      rest.multiply(byPowerOfTen: -decimal)
      below.multiply(byPowerOfTen: -decimal)
      above.multiply(byPowerOfTen: -decimal)
    }
    // Numbers exactly between two doubles read as the even one.
    let isEven = significand & 1 == 0
    if Self.reaches(rest, above, unit, inclusive: isEven) {
      decimal += 1
    } else {
      rest.multiply(by: 10)
      below.multiply(by: 10)
      above.multiply(by: 10)
    }
    exponent = Int64(decimal)
    generate(rest, unit, below, above, isEven: isEven)
  }

  private static func reaches(
    _ rest: NaturalNumber, _ above: NaturalNumber, _ unit: NaturalNumber, inclusive: Bool
  ) -> Bool {
    let order = rest.compare(adding: above, to: unit)
    return inclusive ? order >= 0 : order > 0
  }

  /// Writes digits until what is left is closer to the number than its neighbours are.
  private mutating func generate(
    _ rest: NaturalNumber, _ unit: NaturalNumber, _ below: NaturalNumber, _ above: NaturalNumber, isEven: Bool
  ) {
    var (rest, below, above) = (rest, below, above)
    while true {
      var digit: UInt8 = 0
      while rest.compare(unit) >= 0 {
        rest.subtract(unit)
        digit += 1
      }
      let order = rest.compare(below)
      let isLow = isEven ? order <= 0 : order < 0
      let isHigh = Self.reaches(rest, above, unit, inclusive: isEven)
      if isLow || isHigh {
        if isHigh && (!isLow || Self.isUpperHalf(rest, unit, digit)) { digit += 1 }
        digits.append(digit)
        return
      }
      digits.append(digit)
      rest.multiply(by: 10)
      below.multiply(by: 10)
      above.multiply(by: 10)
    }
  }

  private static func isUpperHalf(_ rest: NaturalNumber, _ unit: NaturalNumber, _ digit: UInt8) -> Bool {
    let order = rest.compare(adding: rest, to: unit)
    return order > 0 || (order == 0 && digit & 1 == 1)
  }
}
