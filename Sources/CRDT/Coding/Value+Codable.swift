#if !hasFeature(Embedded)
  extension Value: Codable {
    /// Writes the value for any encoder: `undefined` is nil, bytes are an array of numbers; ``ValueEncoder`` takes it as
    /// it is.
    public func encode(to encoder: any Encoder) throws {
      switch self {
      case .object(let members):
        var container = encoder.container(keyedBy: MemberKey.self)
        for member in members { try container.encode(member.value, forKey: MemberKey(stringValue: member.name)) }
      case .array(let elements):
        var container = encoder.unkeyedContainer()
        for element in elements { try container.encode(element) }
      default: try encodeScalar(to: encoder)
      }
    }

    private func encodeScalar(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .bool(let bool): try container.encode(bool)
      case .number(let number): try container.encode(number)
      case .bigInt(let integer): try container.encode(integer)
      case .string(let string): try container.encode(string)
      case .bytes(let bytes): try container.encode(bytes)
      default: try container.encodeNil()
      }
    }

    /// Reads whatever is there from any decoder that says what it has, as one for JSON does; members come in the order
    /// that the decoder gives them.
    public init(from decoder: any Decoder) throws {
      if let container = try? decoder.container(keyedBy: MemberKey.self) {
        self = .object(
          try container.allKeys.map { Member($0.stringValue, try container.decode(Value.self, forKey: $0)) })
        return
      }
      if var container = try? decoder.unkeyedContainer() {
        var elements: [Value] = []
        while !container.isAtEnd { elements.append(try container.decode(Value.self)) }
        self = .array(elements)
        return
      }
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let bool = try? container.decode(Bool.self) {
        self = .bool(bool)
      } else if let integer = try? container.decode(Int64.self) {
        self = Value(integer)
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .string(try container.decode(String.self))
      }
    }

    private struct MemberKey: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }
  }

  extension Content: Encodable {
    /// Writes the content's ``plainValue``.
    public func encode(to encoder: any Encoder) throws { try plainValue.encode(to: encoder) }
  }
#endif
