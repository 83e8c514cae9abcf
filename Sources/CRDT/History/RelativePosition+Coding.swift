extension RelativePosition {
  private enum Tag {
    static var item: UInt64 { 0 }
    static var root: UInt64 { 1 }
    static var nested: UInt64 { 2 }
  }

  /// Reads a position as Yjs writes it.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `invalidUTF8`, `unknownContent`, `trailingBytes`.
  public init(decoding bytes: [UInt8]) throws(UpdateError) {
    self = try bytes.span.bytes.withUnsafeBytes { bytes throws(UpdateError) in
      try RelativePosition(decoding: bytes)
    }
  }

  /// Reads a position as Yjs writes it: what it holds on to, then on which side. The side may be missing.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `invalidUTF8`, `unknownContent`, `trailingBytes`.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(UpdateError) {
    var reader = ByteReader(bytes)
    var item: ItemID?
    var type: TypeName?
    let tag = try reader.readVarUInt()
    switch tag {
    case Tag.item: item = try Self.readID(&reader)
    case Tag.root: type = .root(String(decoding: try reader.readVarString(), as: UTF8.self))
    case Tag.nested: type = .nested(try Self.readID(&reader))
    default: throw UpdateError(.unknownContent, at: 0)
    }
    var association = Association.next
    if !reader.isAtEnd {
      let (magnitude, isNegative) = try reader.readVarInt()
      if isNegative && magnitude > 0 { association = .previous }
    }
    guard reader.isAtEnd else { throw UpdateError(.trailingBytes, at: reader.byteOffset) }
    self.item = item
    self.type = type
    self.association = association
  }

  private static func readID(_ reader: inout ByteReader) throws(UpdateError) -> ItemID {
    ItemID(client: ClientID(rawValue: try reader.readVarUInt()), clock: try reader.readVarUInt())
  }

  /// The position's bytes, as Yjs writes them: the type is left out where there is an item.
  public func encode() -> [UInt8] {
    var writer = ByteWriter(capacity: 32)
    if let item {
      writer.writeVarUInt(Tag.item)
      Self.write(item, to: &writer)
    } else {
      switch type {
      case .root(let name):
        writer.writeVarUInt(Tag.root)
        writer.writeVarString(name)
      case .nested(let item):
        writer.writeVarUInt(Tag.nested)
        Self.write(item, to: &writer)
      case nil: preconditionFailure("a position has neither an item nor a type")
      }
    }
    writer.writeVarInt(magnitude: association == .next ? 0 : 1, isNegative: association == .previous)
    return writer.bytes()
  }

  private static func write(_ item: ItemID, to writer: inout ByteWriter) {
    writer.writeVarUInt(item.client.rawValue)
    writer.writeVarUInt(item.clock)
  }

  // MARK: JSON

  /// The position as Yjs puts it into JSON, for awareness states and the like: members `type` or `tname`, `item`, and
  /// `assoc`.
  public var jsonValue: Value {
    var members: [Value.Member] = []
    switch type {
    case .nested(let id): members.append(Value.Member("type", Self.value(of: id)))
    case .root(let name): members.append(Value.Member("tname", .string(name)))
    case nil: break
    }
    if let item { members.append(Value.Member("item", Self.value(of: item))) }
    members.append(Value.Member("assoc", .number(association == .next ? 0 : -1)))
    return .object(members)
  }

  private static func value(of id: ItemID) -> Value {
    .object([
      Value.Member("client", .number(Double(id.client.rawValue))), Value.Member("clock", .number(Double(id.clock))),
    ])
  }

  /// Reads a position from the JSON that Yjs puts it into; nil when the value is none.
  public init?(jsonValue value: Value) {
    item = Self.id(in: value["item"])
    if let nested = Self.id(in: value["type"]) {
      type = .nested(nested)
    } else {
      type = value["tname"].stringValue.map { .root($0) }
    }
    association = (value["assoc"].doubleValue ?? 0) < 0 ? .previous : .next
    if item == nil && type == nil { return nil }
  }

  private static func id(in value: Value) -> ItemID? {
    guard let client = number(in: value["client"]), let clock = number(in: value["clock"]) else { return nil }
    return ItemID(client: ClientID(rawValue: client), clock: clock)
  }

  /// A whole number from 0 to 2^53 − 1.
  private static func number(in value: Value) -> UInt64? {
    guard let number = value.doubleValue, number >= 0, number <= 0x1F_FFFF_FFFF_FFFF else { return nil }
    let whole = UInt64(number)
    return Double(whole) == number ? whole : nil
  }
}
