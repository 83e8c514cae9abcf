#if !hasFeature(Embedded)
  /// Makes Swift's decodable types of plain values, as ``ValueEncoder`` encodes them or as JavaScript writes them.
  ///
  /// Null, `undefined` and a missing member are nil. An integer is read from a number that is whole and fits, or from a
  /// big integer. `Data` is read from bytes, `[UInt8]` from bytes or an array of numbers. Of members of one name the last
  /// one counts.
  public struct ValueDecoder {
    /// How dates are decoded.
    public var dates = DateStrategy.deferredToDate
    /// Handed to the types that decode themselves.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// A decoder with the default strategies.
    public init() {}

    /// What a value means as a decodable type.
    ///
    /// - Throws: `DecodingError` with the path to what is missing or of another kind; what the type's own implementation
    ///   throws.
    public func decode<Result: Decodable>(_ type: Result.Type = Result.self, from value: Value) throws -> Result {
      try NodeDecoder(value: value, codingPath: [], options: self).decode(type)
    }
  }

  /// Decodes one value.
  struct NodeDecoder: Decoder, SingleValueDecodingContainer {
    let value: Value
    let codingPath: [any CodingKey]
    let options: ValueDecoder
    var userInfo: [CodingUserInfoKey: Any] { options.userInfo }

    /// The decoder for what lies one step further.
    func decoder(for value: Value, _ key: any CodingKey) -> NodeDecoder {
      NodeDecoder(value: value, codingPath: codingPath + [key], options: options)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
      guard case .object(let members) = value else { throw mismatch([String: Value].self, "an object") }
      return KeyedDecodingContainer(KeyedNodeDecoder<Key>(decoder: self, members: MemberTable(members)))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
      switch value {
      case .array(let elements): return UnkeyedNodeDecoder(decoder: self, elements: elements)
      case .bytes(let bytes): return UnkeyedNodeDecoder(decoder: self, elements: bytes.map { Value(Int64($0)) })
      default: throw mismatch([Value].self, "an array")
      }
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func mismatch<Result>(_ type: Result.Type, _ expected: String) -> DecodingError {
      DecodingFailure.mismatch(expected).error(for: type, value, at: codingPath)
    }

    func decodeNil() -> Bool { value.isNullOrUndefined }

    func decode(_ type: Bool.Type) throws -> Bool {
      guard case .bool(let bool) = value else { throw mismatch(type, "a bool") }
      return bool
    }

    func decode(_ type: String.Type) throws -> String {
      guard case .string(let string) = value else { throw mismatch(type, "a string") }
      return string
    }

    func decode(_ type: Double.Type) throws -> Double {
      switch value {
      case .number(let number): return number
      case .bigInt(let integer): return Double(integer)
      default: throw mismatch(type, "a number")
      }
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    func decode(_ type: Int.Type) throws -> Int { try integer() }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
    func decode(_ type: UInt.Type) throws -> UInt { try integer() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }

    private func integer<Result: FixedWidthInteger>() throws -> Result {
      let exact: Result?
      let digits: String
      switch value {
      case .number(let number):
        (exact, digits) = (Result(exactly: number), JSONWriter.javaScript(number) ?? "\(number)")
      case .bigInt(let integer): (exact, digits) = (Result(exactly: integer), String(integer))
      default: throw mismatch(Result.self, "a number")
      }
      guard let exact else {
        throw DecodingFailure.corrupted("The number \(digits) does not fit \(Result.self).")
          .error(for: Result.self, value, at: codingPath)
      }
      return exact
    }

    func decode<Result: Decodable>(_ type: Result.Type) throws -> Result {
      let special: Result?
      do {
        special = try value.decoded(as: type, dates: options.dates)
      } catch {
        throw error.error(for: type, value, at: codingPath)
      }
      return try special ?? type.init(from: self)
    }
  }

  private struct KeyedNodeDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: NodeDecoder
    let members: MemberTable
    var codingPath: [any CodingKey] { decoder.codingPath }
    var allKeys: [Key] { members.list.compactMap { Key(stringValue: $0.name) } }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    private func member(_ key: any CodingKey) throws -> NodeDecoder {
      guard let value = members[key.stringValue] else {
        throw DecodingError.keyNotFound(
          key,
          DecodingError.Context(codingPath: codingPath, debugDescription: "The object has no \"\(key.stringValue)\"."))
      }
      return decoder.decoder(for: value, key)
    }

    func decodeNil(forKey key: Key) throws -> Bool { try member(key).decodeNil() }

    func decode<Result: Decodable>(_ type: Result.Type, forKey key: Key) throws -> Result {
      try member(key).decode(type)
    }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { try member(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
      try member(key).unkeyedContainer()
    }

    func superDecoder() -> any Decoder {
      decoder.decoder(for: members[PathKey.superclass.stringValue] ?? .undefined, PathKey.superclass)
    }

    func superDecoder(forKey key: Key) -> any Decoder {
      decoder.decoder(for: members[key.stringValue] ?? .undefined, key)
    }
  }

  private struct UnkeyedNodeDecoder: UnkeyedDecodingContainer {
    let decoder: NodeDecoder
    let elements: [Value]
    private(set) var currentIndex = 0

    init(decoder: NodeDecoder, elements: [Value]) {
      self.decoder = decoder
      self.elements = elements
    }

    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex == elements.count }

    private func next<Result>(_ type: Result.Type) throws -> NodeDecoder {
      let key = PathKey(intValue: currentIndex)
      guard currentIndex < elements.count else {
        throw DecodingError.valueNotFound(
          type,
          DecodingError.Context(codingPath: codingPath + [key], debugDescription: "The array has no more elements."))
      }
      return decoder.decoder(for: elements[currentIndex], key)
    }

    mutating func decodeNil() throws -> Bool {
      guard try next(Value.self).decodeNil() else { return false }
      currentIndex += 1
      return true
    }

    mutating func decode<Result: Decodable>(_ type: Result.Type) throws -> Result {
      let result = try next(type).decode(type)
      currentIndex += 1
      return result
    }

    mutating func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
      let container = try next(Value.self).container(keyedBy: type)
      currentIndex += 1
      return container
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
      let container = try next(Value.self).unkeyedContainer()
      currentIndex += 1
      return container
    }

    mutating func superDecoder() throws -> any Decoder {
      let decoder = try next(Value.self)
      currentIndex += 1
      return decoder
    }
  }
#endif
