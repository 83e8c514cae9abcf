#if !hasFeature(Embedded)
  extension Explanation {
    /// An update in format V1. What cannot be read is what a document refuses, and in the same place.
    static func explainUpdate(_ reader: inout Reader, _ visit: (Part) -> Void) throws(Damage) {
      let clients = try explainList(.structs, &reader, visit)
      for _ in 0..<clients { try explainSection(&reader, visit) }
      reader.owner = ""
      try explainDeleteSet(&reader, format: .v1, clockMax: UInt64(UInt32.max), visit)
    }

    /// The number of clients that something is told of.
    static func explainList(_ list: List, _ reader: inout Reader, _ visit: (Part) -> Void) throws(Damage) -> UInt64 {
      let start = reader.byteOffset
      let count = try reader.readVarUInt("number of clients")
      visit(Part(depth: reader.depth, bytes: start..<reader.byteOffset, .list(list, count: count)))
      return count
    }

    private static func explainSection(_ reader: inout Reader, _ visit: (Part) -> Void) throws(Damage) {
      reader.owner = ""
      let start = reader.byteOffset
      let count = try reader.readVarUInt("number of structs")
      let client = try reader.readClient("client of structs")
      var clock = try reader.readClock("first clock of client \(client)")
      visit(
        Part(
          depth: reader.depth + 1, bytes: start..<reader.byteOffset,
          .section(client: client, clock: Clock(clock), structs: count)))
      for _ in 0..<count {
        let item = try readStruct(&reader, client: client, clock: clock)
        visit(Part(depth: reader.depth + 2, bytes: item.bytes, .structure(item)))
        clock += UInt32(item.length)
      }
    }

    private static func readStruct(
      _ reader: inout Reader, client: ClientID, clock: UInt32
    ) throws(Damage) -> Update.Struct {
      let start = reader.bytes
      do throws(UpdateError) {
        var parsed = ParsedStruct(
          clock: clock, count: 0, start: start.position, content: start.position, contentBytes: 0, kind: .collected)
        try StructParser.read(&reader.bytes, client: client.rawValue, clock: clock, into: &parsed)
        guard parsed.count > 0 else { throw start.failure(.emptyStruct, at: start.position) }
        guard parsed.count <= UInt32.max - clock else { throw start.failure(.integerOutOfRange, at: start.position) }
        return Update.Struct(parsed, client: client.rawValue, bytes: start.byteOffset..<reader.byteOffset)
      } catch {
        var fields = Reader(start, depth: 0)
        fields.owner = " of the struct \(client):\(clock)"
        throw Damage(error, field: fields.fieldThatFails(client: client, clock: clock))
      }
    }

    /// A delete set.
    ///
    /// - Parameter clockMax: The largest clock behind a range: documents count to 2^32 − 1, snapshots to 2^53 − 1.
    static func explainDeleteSet(
      _ reader: inout Reader, format: UpdateFormat, clockMax: UInt64, _ visit: (Part) -> Void
    ) throws(Damage) {
      let clients = try explainList(.deleteSet, &reader, visit)
      for _ in 0..<clients {
        let start = reader.byteOffset
        let client = try reader.readClient("client of deletions")
        let count = try reader.readVarUInt("number of ranges of client \(client)")
        visit(
          Part(
            depth: reader.depth + 1, bytes: start..<reader.byteOffset, .deletions(client: client, ranges: count)))
        var end: UInt64 = 0
        for _ in 0..<count {
          let start = reader.byteOffset
          let range = try readDeletion(&reader, format: format, after: end, clockMax: clockMax, of: client)
          visit(
            Part(
              depth: reader.depth + 2, bytes: start..<reader.byteOffset, .deletion(client: client, clocks: range)))
          end = range.upperBound
        }
      }
    }

    private static func readDeletion(
      _ reader: inout Reader, format: UpdateFormat, after end: UInt64, clockMax: UInt64, of client: ClientID
    ) throws(Damage) -> Range<Clock> {
      let start = reader.byteOffset
      let isDocuments = clockMax == UInt64(UInt32.max)
      func number(_ field: String, _ reader: inout Reader) throws(Damage) -> UInt64 {
        let field = "\(field) of a deletion of client \(client)"
        // V1 bounds each of a document's numbers, V2 only where a range ends.
        if format == .v1 && isDocuments { return UInt64(try reader.readClock(field)) }
        return try reader.readVarUInt(field)
      }
      var clock = try number("clock", &reader)
      var length = try number("length", &reader)
      if format == .v2 { (clock, length) = (clock + end, length + 1) }
      guard clock + length <= clockMax else {
        throw reader.damage(.integerOutOfRange, at: start, field: "deletion of client \(client)")
      }
      return clock..<(clock + length)
    }
  }

  // MARK: The fields of a struct

  extension Explanation.Reader {
    /// The name of the first field of a struct of format V1 that cannot be read.
    fileprivate mutating func fieldThatFails(client: ClientID, clock: UInt32) -> String {
      do throws(Explanation.Damage) {
        try readFields(client: client, clock: clock)
      } catch {
        return error.field
      }
      return "length" + owner
    }

    private mutating func readFields(client: ClientID, clock: UInt32) throws(Explanation.Damage) {
      let start = byteOffset
      let info = try readByte("first byte")
      let reference = info & StructBits.content
      if reference == 0 || reference == StructBits.skip {
        _ = try readClock("length")
        return
      }
      guard let kind = ContentKind(rawValue: reference) else {
        throw damage(.unknownContent, at: start, field: "kind of content")
      }
      if info & StructBits.origin != 0 { try readID("origin", before: clock, of: client) }
      if info & StructBits.rightOrigin != 0 { try readID("right origin", before: clock, of: client) }
      if info & (StructBits.origin | StructBits.rightOrigin) == 0 {
        let field = byteOffset
        switch try readVarUInt("kind of parent") {
        case 1: _ = try readString("root's name")
        case 0: try readID("parent", before: clock, of: client)
        default: throw damage(.unknownContent, at: field, field: "kind of parent")
        }
        if info & StructBits.key != 0 { _ = try readString("key") }
      }
      try readContentFields(kind)
    }

    private mutating func readID(
      _ name: String, before clock: UInt32, of client: ClientID
    ) throws(Explanation.Damage) {
      let field = byteOffset
      let other = try readClient("\(name)'s client")
      let named = try readClock("\(name)'s clock")
      guard other != client || named < clock else { throw damage(.invalidReference, at: field, field: name) }
    }

    private mutating func readContentFields(_ kind: ContentKind) throws(Explanation.Damage) {
      switch kind {
      case .collected: break
      case .deleted: _ = try readClock("length")
      case .string: _ = try readString("text")
      case .binary: _ = try readVarBytes("bytes")
      case .embed: _ = try readString("embed")
      case .format:
        _ = try readString("format's key")
        _ = try readString("format's value")
      case .type:
        let field = byteOffset
        guard let type = TypeKind(rawValue: UInt8(clamping: try readVarUInt("kind of type"))), type != .unknown else {
          throw damage(.unknownContent, at: field, field: "kind of type")
        }
        if type.isNamed { _ = try readString("type's name") }
      case .json, .any:
        let count = try readVarUInt("number of values")
        // A number that is too large is the damage.
        guard count <= UInt64(bytes.remaining) else {
          throw damage(.truncated, at: byteOffset, field: "number of values")
        }
        for index in 0..<count {
          if kind == .any { try skipValue("value \(index)") } else { _ = try readString("value \(index)") }
        }
      case .document:
        _ = try readString("subdocument's identifier")
        try skipValue("subdocument's options")
      }
    }
  }
#endif
