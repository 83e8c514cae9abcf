#if !hasFeature(Embedded)
  extension UpdateV2Reader {
    /// An update in format V2: where its columns stand, then the structs that they are of.
    static func explain(
      _ reader: inout Explanation.Reader, _ visit: (Explanation.Part) -> Void
    ) throws(Explanation.Damage) {
      let columns = try explainColumns(reader, visit)
      /// The struct that is being read.
      var item: ItemID?
      do throws(UpdateError) {
        var update = UpdateV2Reader(try UpdateV2Columns(reader.bytes), bytes: reader.bytes.remaining)
        try update.explainStructs(depth: reader.depth, &item, visit)
        reader.bytes.position = update.columns.rest.position
      } catch {
        // Nothing is read at the start of the last column once there are structs, so this is the column before it.
        let column = columns.first {
          $0.bytes.lowerBound <= error.byteOffset && error.byteOffset <= $0.bytes.upperBound
        }
        let owner = item.map { " of the struct \($0)" } ?? ""
        throw Explanation.Damage(error, field: "column \(column?.name.rawValue ?? "")\(owner)")
      }
      try Explanation.explainDeleteSet(&reader, format: .v2, clockMax: UInt64(UInt32.max), visit)
    }

    private static func explainColumns(
      _ reader: Explanation.Reader, _ visit: (Explanation.Part) -> Void
    ) throws(Explanation.Damage) -> [Explanation.Column] {
      var reader = reader
      let field = reader.byteOffset
      guard try reader.readVarUInt("feature flag") == 0 else {
        throw reader.damage(.unknownContent, at: field, field: "feature flag")
      }
      var columns: [Explanation.Column] = []
      for name in Explanation.Column.Name.allCases {
        var column = reader.bytes
        if name == .rest {
          reader.bytes.position = reader.bytes.end
        } else {
          let bytes = try reader.readVarBytes("length of the column \(name.rawValue)")
          column = ByteReader(part: bytes, of: reader.bytes)
        }
        let place = column.byteOffset..<reader.byteOffset
        columns.append(Explanation.Column(name: name, bytes: place))
        visit(Explanation.Part(depth: reader.depth + 1, bytes: place, .column(name)))
        if name == .strings { try checkStrings(column) }
      }
      return columns
    }

    /// The strings are checked before the next column's length is read, as a document does it.
    private static func checkStrings(_ column: ByteReader) throws(Explanation.Damage) {
      do throws(UpdateError) {
        _ = try StringColumnReader(column)
      } catch {
        throw Explanation.Damage(error, field: "column strings")
      }
    }

    private mutating func explainStructs(
      depth: Int, _ item: inout ItemID?, _ visit: (Explanation.Part) -> Void
    ) throws(UpdateError) {
      let start = columns.rest.byteOffset
      let clients = try columns.rest.readVarUInt()
      visit(
        Explanation.Part(
          depth: depth, bytes: start..<columns.rest.byteOffset, .list(.structs, count: clients)))
      // Of all structs so far, as V1.
      var bytes = 0
      for _ in 0..<clients {
        let start = columns.rest.byteOffset
        let section = try readSectionHead()
        visit(
          Explanation.Part(
            depth: depth + 1, bytes: start..<columns.rest.byteOffset,
            .section(
              client: ClientID(rawValue: section.client), clock: Clock(section.clock), structs: section.count)))
        var clock = section.clock
        for _ in 0..<section.count {
          item = ItemID(client: ClientID(rawValue: section.client), clock: Clock(clock))
          let before = columns.byteOffsets
          let end = try readStruct(client: section.client, from: clock)
          bytes += output.count
          guard bytes <= outputMax else { throw columns.rest.failure(.tooLarge, at: lengthField) }
          let structure = try takeStruct(client: section.client, clock: clock)
          visit(
            Explanation.Part(
              depth: depth + 2, bytes: nil, columns: columns.read(since: before), .structure(structure)))
          clock = end
        }
        item = nil
      }
    }

    /// The struct that was just read, which is all that the output has.
    private mutating func takeStruct(client: UInt64, clock: UInt32) throws(UpdateError) -> Update.Struct {
      let structure = try output.withBytes { bytes throws(UpdateError) in
        var reader = ByteReader(bytes)
        var parsed = ParsedStruct(
          clock: clock, count: 0, start: reader.position, content: reader.position, contentBytes: 0, kind: .collected)
        try StructParser.read(&reader, client: client, clock: clock, into: &parsed)
        return Update.Struct(parsed, client: client, bytes: nil)
      }
      output.truncate(to: 0)
      return structure
    }
  }

  extension UpdateV2Columns {
    /// How far each column is read, in bytes from the start of the input; of strings, their text.
    fileprivate var byteOffsets: [Int] {
      [
        keyClocks.reader.byteOffset, clients.reader.byteOffset, leftClocks.reader.byteOffset,
        rightClocks.reader.byteOffset, infos.reader.byteOffset, strings.position - rest.start,
        parentInfos.reader.byteOffset, typeReferences.reader.byteOffset, lengths.reader.byteOffset, rest.byteOffset,
      ]
    }

    /// What is read of each column since it was read as far as `offsets`.
    fileprivate func read(since offsets: [Int]) -> [Explanation.Column] {
      zip(Explanation.Column.Name.allCases, zip(offsets, byteOffsets)).compactMap { name, offsets in
        offsets.0 == offsets.1 ? nil : Explanation.Column(name: name, bytes: offsets.0..<offsets.1)
      }
    }
  }
#endif
