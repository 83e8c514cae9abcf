extension Update {
  /// A struct of an update: consecutive units of one client.
  public struct Struct: Equatable, Sendable {
    /// The first unit.
    public var id: ItemID
    /// The number of units.
    public var length: UInt64
    /// Where the struct stands in the update, in bytes; nil in format V2, which keeps it in many places.
    public var bytes: Range<Int>?
    /// The unit that the struct was inserted behind.
    public var origin: ItemID?
    /// The unit that the struct was inserted before.
    public var rightOrigin: ItemID?
    /// The type that the struct was inserted into; nil where it is told by the origins.
    public var parent: Parent?
    /// The key that the struct is the value of; nil where it is told by the origins, and in lists.
    public var key: String?
    /// What the units hold.
    public var content: Payload
  }

  /// The type that a struct is in.
  public enum Parent: Equatable, Sendable {
    /// A root by its name.
    case root(String)
    /// A nested type, by the unit that holds it.
    case item(ItemID)
  }

  /// What a struct's units hold.
  public enum Payload: Equatable, Sendable {
    /// Nothing: the type that held it is gone.
    case collected
    /// Nothing is said of these units here.
    case skipped
    /// Tombstones.
    case deleted
    /// UTF-16 units of text.
    case text(String)
    /// Plain values, one a unit.
    case values([Value])
    /// Values from before version 13 of Yjs, one a unit.
    case legacyValues([Value])
    /// Bytes.
    case bytes([UInt8])
    /// A value inside text.
    case embed(Value)
    /// From here on text has the format `key` with the value; `null` ends it.
    case format(key: String, value: Value)
    /// A nested type, with its name if it is an XML element or hook.
    case type(TypeKind, name: String?)
    /// A subdocument with its options.
    case document(guid: String, options: Value)
  }

  /// A range of an update's delete set.
  public struct Deletion: Equatable, Sendable {
    /// Who wrote the units.
    public var client: ClientID
    /// The units that are deleted.
    public var clocks: Range<Clock>
    /// Where the range stands in the update, in bytes; nil in format V2.
    public var bytes: Range<Int>?
  }

  /// All that an update says, in the order in which it stands there.
  public struct Inspection: Equatable, Sendable {
    /// The structs.
    public var structs: [Struct]
    /// The deletions.
    public var deletions: [Deletion]
  }

  /// What is in an update, struct by struct. The delete set's ranges are as they stand there, in any order.
  ///
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n*) in the bytes.
  public static func inspect(_ update: [UInt8], format: UpdateFormat = .v1) throws(UpdateError) -> Inspection {
    try withParsedBytes(update, format: format) { parsed, bytes in
      Inspection(of: parsed, in: bytes, hasOffsets: format == .v1)
    }
  }
}

extension Update.Inspection {
  fileprivate init(of parsed: borrowing ParsedUpdate, in bytes: UnsafeRawBufferPointer, hasOffsets: Bool) {
    structs = []
    deletions = []
    // The bytes were checked when they were parsed.
    var reader = ByteReader(bytes)
    _ = try! reader.readVarUInt()
    for index in 0..<parsed.sections.count {
      let section = parsed.sections[index]
      for position in section.firstStruct..<section.endStruct {
        let next = position + 1 < section.endStruct ? parsed.structs[Int(position + 1)].start : section.bytesEnd
        let start = parsed.structs[Int(position)].start
        let place = hasOffsets ? (start - reader.start)..<(next - reader.start) : nil
        structs.append(Update.Struct(parsed.structs[Int(position)], client: section.client, bytes: place))
      }
      reader.position = section.bytesEnd
    }
    for _ in 0..<(try! reader.readVarUInt()) {
      let client = ClientID(rawValue: try! reader.readVarUInt())
      for _ in 0..<(try! reader.readVarUInt()) {
        let start = reader.byteOffset
        let clock = try! reader.readVarUInt()
        let end = clock + (try! reader.readVarUInt())
        let place = hasOffsets ? start..<reader.byteOffset : nil
        deletions.append(Update.Deletion(client: client, clocks: clock..<end, bytes: place))
      }
    }
  }
}

extension Update.Struct {
  init(_ parsed: ParsedStruct, client: UInt64, bytes: Range<Int>?) {
    func unit(_ client: UInt64, _ clock: UInt32) -> ItemID {
      ItemID(client: ClientID(rawValue: client), clock: Clock(clock))
    }
    id = unit(client, parsed.clock)
    length = UInt64(parsed.count)
    self.bytes = bytes
    origin = parsed.hasOrigin ? unit(parsed.originClient, parsed.originClock) : nil
    rightOrigin = parsed.hasRight ? unit(parsed.rightClient, parsed.rightClock) : nil
    content = Update.Payload(parsed)
    guard let parentBytes = parsed.parentBytes else { return }
    // The bytes were checked when they were parsed.
    var reader = ByteReader(parentBytes)
    if try! reader.readVarUInt() == 1 {
      parent = .root(String(decoding: try! reader.readVarBytes(), as: UTF8.self))
    } else {
      parent = .item(unit(try! reader.readVarUInt(), UInt32(try! reader.readVarUInt())))
    }
    if parsed.hasKey { key = String(decoding: try! reader.readVarBytes(), as: UTF8.self) }
  }
}

extension Update.Payload {
  fileprivate init(_ parsed: ParsedStruct) {
    let content = UnsafeRawBufferPointer(start: parsed.content, count: Int(parsed.contentBytes))
    // The bytes were checked when they were parsed.
    var reader = ByteReader(content)
    func string() -> String { String(decoding: try! reader.readVarBytes(), as: UTF8.self) }
    switch parsed.kind {
    case .collected: self = parsed.isSkip ? .skipped : .collected
    case .deleted: self = .deleted
    case .json: self = .legacyValues((0..<parsed.count).map { _ in JSONText.value(try! reader.readVarBytes()) })
    case .binary: self = .bytes([UInt8](try! reader.readVarBytes()))
    case .string: self = .text(String(decoding: content, as: UTF8.self))
    case .embed: self = .embed(JSONText.value(try! reader.readVarBytes()))
    case .format:
      let key = string()
      self = .format(key: key, value: JSONText.value(try! reader.readVarBytes()))
    case .type:
      let (kind, name) = try! StructParser.readType(&reader)
      self = .type(kind, name: name.map { String(decoding: $0, as: UTF8.self) })
    case .any: self = .values((0..<parsed.count).map { _ in try! ValueCodec.read(&reader) })
    case .document:
      let guid = string()
      self = .document(guid: guid, options: try! ValueCodec.read(&reader))
    }
  }
}
