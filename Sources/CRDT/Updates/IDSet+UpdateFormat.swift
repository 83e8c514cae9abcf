/// Delete sets in either format. V2 writes a range as its distance from the end of the one before, and its length less 1.
extension IDSet {
  /// Reads a delete set.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `trailingBytes`.
  /// - Complexity: O(*n* log *n*) in the bytes.
  public init(decoding bytes: [UInt8], format: UpdateFormat) throws(UpdateError) {
    self = try bytes.span.bytes.withUnsafeBytes { bytes throws(UpdateError) in
      var reader = ByteReader(bytes)
      let set = try IDSet(reading: &reader, format: format)
      guard reader.isAtEnd else { throw UpdateError(.trailingBytes, at: reader.byteOffset) }
      return set
    }
  }

  /// Reads a delete set, and leaves the reader behind it.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`.
  /// - Complexity: O(*n* log *n*) in the bytes.
  public init(reading reader: inout ByteReader, format: UpdateFormat) throws(UpdateError) {
    switch format {
    case .v1: try self.init(reading: &reader)
    case .v2: try self.init(readingV2: &reader)
    }
  }

  private init(readingV2 reader: inout ByteReader) throws(UpdateError) {
    var ranges: [(client: ClientID, clocks: Range<Clock>)] = []
    for _ in 0..<(try reader.readVarUInt()) {
      let client = ClientID(rawValue: try reader.readVarUInt())
      let field = reader.byteOffset
      let count = try reader.readVarUInt()
      // Each range takes two bytes or more, which bounds the loop below.
      guard count <= UInt64(reader.remaining / 2) else { throw UpdateError(.truncated, at: field) }
      var end: Clock = 0
      for _ in 0..<count {
        let field = reader.byteOffset
        let start = end + (try reader.readVarUInt())
        end = start + (try reader.readVarUInt()) + 1
        guard end <= ClientID.max.rawValue else { throw UpdateError(.integerOutOfRange, at: field) }
        ranges.append((client, start..<end))
      }
    }
    self.init(unsorted: ranges)
  }

  /// The units of ranges in any order.
  ///
  /// - Complexity: O(*n* log *n*): inserted as they come, ranges in descending order would each move all others.
  private init(unsorted ranges: consuming [(client: ClientID, clocks: Range<Clock>)]) {
    self.init()
    ranges.sort {
      $0.client == $1.client ? $0.clocks.lowerBound < $1.clocks.lowerBound : $0.client < $1.client
    }
    for range in ranges { insert(range.clocks, of: range.client) }
  }

  /// The set's bytes, clients in descending order.
  public func encode(format: UpdateFormat) -> [UInt8] {
    var writer = ByteWriter()
    write(to: &writer, format: format)
    return writer.bytes()
  }

  /// Appends the set's bytes, clients in descending order.
  public func write(to writer: inout ByteWriter, format: UpdateFormat) {
    switch format {
    case .v1: write(to: &writer)
    case .v2: writeV2(to: &writer)
    }
  }

  private func writeV2(to writer: inout ByteWriter) {
    let clients = clients
    writer.writeVarUInt(UInt64(clients.count))
    for client in clients {
      let ranges = ranges(of: client)
      writer.writeVarUInt(client.rawValue)
      writer.writeVarUInt(UInt64(ranges.count))
      var end: Clock = 0
      for range in ranges {
        writer.writeVarUInt(range.lowerBound - end)
        writer.writeVarUInt(range.upperBound - range.lowerBound - 1)
        end = range.upperBound
      }
    }
  }

  /// The units that an update deletes.
  ///
  /// - Complexity: O(*n* log *n*) in the deletions, in whatever order they are.
  init(_ deletions: borrowing GrowableBuffer<ParsedDeletion>) {
    var ranges: [(client: ClientID, clocks: Range<Clock>)] = []
    ranges.reserveCapacity(deletions.count)
    for index in 0..<deletions.count {
      let deletion = deletions[index]
      ranges.append(
        (ClientID(rawValue: deletion.client), Clock(deletion.clock)..<Clock(deletion.clock) + Clock(deletion.count)))
    }
    self.init(unsorted: ranges)
  }
}
