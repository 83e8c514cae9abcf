/// A plain value inside a shared array or map: all that JSON can say, and what JavaScript adds to it.
///
/// A value is replaced as a whole, never merged; what should merge is a shared type. Equality is JavaScript's
/// `Object.is`, member by member: NaN equals NaN, and 0 differs from −0. Objects keep the order of their members.
public enum Value: Sendable {
  /// JavaScript's `undefined`.
  case undefined
  /// JSON's `null`.
  case null
  /// True or false.
  case bool(Bool)
  /// JavaScript's only number type; whole numbers are exact up to 2^53.
  case number(Double)
  /// JavaScript's `BigInt`, as far as 64 bits reach.
  case bigInt(Int64)
  /// Unicode text.
  case string(String)
  /// Bytes, a `Uint8Array`.
  case bytes([UInt8])
  /// Values in order.
  case array([Value])
  /// Members by name, in the order they were written.
  case object([Member])

  /// A name and its value in an object.
  public struct Member: Hashable, Sendable {
    /// The member's name.
    public var name: String
    /// The member's value.
    public var value: Value

    /// The member `name` with `value`.
    public init(_ name: String, _ value: Value) {
      self.name = name
      self.value = value
    }

    /// Compares names byte by byte, as JavaScript does: two spellings of one character differ.
    public static func == (left: Member, right: Member) -> Bool {
      left.name.utf8.elementsEqual(right.name.utf8) && left.value == right.value
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
      for byte in name.utf8 { hasher.combine(byte) }
      hasher.combine(value)
    }
  }
}

extension Value: Hashable {
  /// Whether JavaScript's `Object.is` holds for each part.
  @inline(never)
  public static func == (left: Value, right: Value) -> Bool {
    switch (left, right) {
    case (.undefined, .undefined), (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.number(let a), .number(let b)): a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
    case (.bigInt(let a), .bigInt(let b)): a == b
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.bytes(let a), .bytes(let b)): a == b
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .undefined: hasher.combine(0 as UInt8)
    case .null: hasher.combine(1 as UInt8)
    case .bool(let value): hasher.combine(value)
    case .number(let value): hasher.combine(value.isNaN ? 0 : value.bitPattern)
    case .bigInt(let value): hasher.combine(value)
    case .string(let value): for byte in value.utf8 { hasher.combine(byte) }
    case .bytes(let value): hasher.combine(value)
    case .array(let value): hasher.combine(value)
    case .object(let value): hasher.combine(value)
    }
  }
}

extension Value {
  /// A whole number: a ``number(_:)`` when a double holds it exactly, else a ``bigInt(_:)``.
  public init(_ integer: Int64) {
    let magnitude = integer.magnitude
    self = magnitude <= 1 << 53 ? .number(Double(integer)) : .bigInt(integer)
  }

  /// A whole number: a ``number(_:)`` when a double holds it exactly, else a ``bigInt(_:)``.
  public init(_ integer: Int) { self.init(Int64(integer)) }

  /// An array's element, or `undefined` where there is none, as in JavaScript.
  public subscript(index: Int) -> Value {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return .undefined }
    return elements[index]
  }

  /// An object's member, or `undefined` where there is none, as in JavaScript. A name given twice means its last value.
  public subscript(name: String) -> Value {
    guard case .object(let members) = self else { return .undefined }
    return members.last { $0.name.utf8.elementsEqual(name.utf8) }?.value ?? .undefined
  }

  /// The text of a string value, else nil.
  public var stringValue: String? { if case .string(let value) = self { value } else { nil } }

  /// The value of a bool, else nil.
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// A number as a double, else nil.
  public var doubleValue: Double? { if case .number(let value) = self { value } else { nil } }

  /// A whole number that is exact and fits, else nil.
  public var intValue: Int? {
    switch self {
    case .number(let value):
      // `Int(exactly:)` of a double rounds through the C library, which the core does without.
      guard value.magnitude <= 0x20_0000_0000_0000 else { return nil }
      let whole = Int64(value)
      return Double(whole) == value ? Int(exactly: whole) : nil
    case .bigInt(let value): return Int(exactly: value)
    default: return nil
    }
  }
}

extension Value: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// `nil` is JSON's `null`.
  public init(nilLiteral: ()) { self = .null }
  /// `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A whole number.
  public init(integerLiteral value: Int64) { self.init(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// Text.
  public init(stringLiteral value: String) { self = .string(value) }
  /// Values in order.
  public init(arrayLiteral elements: Value...) { self = .array(elements) }
  /// Members in order.
  public init(dictionaryLiteral elements: (String, Value)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}
