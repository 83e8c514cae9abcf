/// The parts of an update in format V2, each read for itself.
struct UpdateV2Columns {
  var keyClocks: DifferenceRunReader
  var clients: IntegerRunReader
  var leftClocks: DifferenceRunReader
  var rightClocks: DifferenceRunReader
  var infos: ByteRunReader
  var strings: StringColumnReader
  var parentInfos: ByteRunReader
  var typeReferences: IntegerRunReader
  var lengths: IntegerRunReader
  /// What has no column: counts, first clocks, values, the delete set.
  var rest: ByteReader

  /// - Throws: `truncated`, `unknownContent` for a feature that is not defined, `invalidUTF8` and what integers throw.
  init(_ reader: ByteReader) throws(UpdateError) {
    var reader = reader
    let field = reader.position
    guard try reader.readVarUInt() == 0 else { throw reader.failure(.unknownContent, at: field) }
    keyClocks = DifferenceRunReader(try reader.readColumn())
    clients = IntegerRunReader(try reader.readColumn())
    leftClocks = DifferenceRunReader(try reader.readColumn())
    rightClocks = DifferenceRunReader(try reader.readColumn())
    infos = ByteRunReader(try reader.readColumn())
    strings = try StringColumnReader(try reader.readColumn())
    parentInfos = ByteRunReader(try reader.readColumn())
    typeReferences = IntegerRunReader(try reader.readColumn())
    lengths = IntegerRunReader(try reader.readColumn())
    rest = reader
  }
}
