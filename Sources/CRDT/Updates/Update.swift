/// Tools for updates as bytes, without a document: what a store or a relay needs that keeps updates but shows none.
///
/// All of them read and check the whole input before they answer, and take time and memory in proportion to it. Structs
/// are written as Yjs' tools write them: neither joined nor reordered, numbers and JSON in JavaScript's notation, the key
/// bit only where a key follows.
public enum Update {
  /// The update in another format; the same structs with the same boundaries.
  ///
  /// Values of embeds and formats are JSON text in V1 and values in V2: what JSON cannot say becomes what `JSON.stringify`
  /// makes of it, and what is no JSON null.
  ///
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n*) in the bytes.
  public static func convert(
    _ update: [UInt8], from source: UpdateFormat, to target: UpdateFormat
  ) throws(UpdateError) -> [UInt8] {
    try withParsed(update, format: source) { parsed in
      if source == target { return update }
      if target == .v2 { return UpdateV2Writer.encode(parsed, keepsKeyBits: false) }
      return encode(.v1) { writer in
        var structs = StructWriter(writer: writer)
        structs.writeAll(of: parsed)
        return structs.finish(deletions: IDSet(parsed.deletions))
      }
    }
  }

  /// What a replica that knows `vector` lacks of the update, with all of its deletions.
  ///
  /// The result's structs may follow others that neither the update nor the replica has, as the update's may.
  ///
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n*) in the bytes.
  public static func difference(
    _ update: [UInt8], since vector: StateVector, format: UpdateFormat = .v1
  ) throws(UpdateError) -> [UInt8] {
    try withParsed(update, format: format) { parsed in
      encode(format) { writer in
        var structs = StructWriter(writer: writer)
        structs.writeDifference(of: parsed, since: vector)
        return structs.finish(deletions: IDSet(parsed.deletions))
      }
    }
  }

  /// What a replica knows that has applied nothing but the update: for each client the units from 0 up to the first gap.
  ///
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n*) in the bytes.
  public static func stateVector(of update: [UInt8], format: UpdateFormat = .v1) throws(UpdateError) -> StateVector {
    try withParsed(update, format: format) { parsed in
      var vector = StateVector()
      for index in 0..<parsed.sections.count {
        let section = parsed.sections[index]
        let client = ClientID(rawValue: section.client)
        guard Clock(section.clock) <= vector[client] else { continue }
        var position = section.firstStruct
        while position < section.endStruct && !parsed.structs[Int(position)].isSkip {
          vector[client] = max(vector[client], Clock(parsed.structs[Int(position)].end))
          position += 1
        }
      }
      return vector
    }
  }

  /// The units that the update deletes.
  ///
  /// - Throws: ``UpdateError``, with its offset in `update`.
  /// - Complexity: O(*n* log *n*) in the bytes.
  public static func deleteSet(of update: [UInt8], format: UpdateFormat = .v1) throws(UpdateError) -> IDSet {
    try withParsed(update, format: format) { IDSet($0.deletions) }
  }
}

// MARK: Formats

extension Update {
  /// Reads `update`, and lends `body` what is in it.
  static func withParsed<Result>(
    _ update: [UInt8], format: UpdateFormat, _ body: (borrowing ParsedUpdate) -> Result
  ) throws(UpdateError) -> Result {
    try withParsedBytes(update, format: format) { parsed, _ in body(parsed) }
  }

  /// Reads `update`, and lends `body` what is in it and the bytes of format V1 that it was read from.
  static func withParsedBytes<Result>(
    _ update: [UInt8], format: UpdateFormat, _ body: (borrowing ParsedUpdate, UnsafeRawBufferPointer) -> Result
  ) throws(UpdateError) -> Result {
    try update.span.bytes.withUnsafeBytes { bytes throws(UpdateError) in
      guard format == .v2 else { return try withParsedBytes(bytes, body) }
      return try UpdateV2Reader.convertToV1(bytes).withBytes { bytes throws(UpdateError) in
        try withParsedBytes(bytes, body)
      }
    }
  }

  private static func withParsedBytes<Result>(
    _ bytes: UnsafeRawBufferPointer, _ body: (borrowing ParsedUpdate, UnsafeRawBufferPointer) -> Result
  ) throws(UpdateError) -> Result {
    var reader = ByteReader(bytes)
    var parsed = ParsedUpdate()
    try parsed.readV1(&reader)
    return body(parsed, bytes)
  }

  /// The update of format V1 that `write` makes, in `format`.
  static func encode(_ format: UpdateFormat, _ write: (consuming ByteWriter) -> ByteWriter) -> [UInt8] {
    let writer = write(ByteWriter())
    switch format {
    case .v1: return writer.bytes()
    // What was just written can be read.
    case .v2: return writer.withBytes { try! UpdateV2Writer.convertFromV1($0) }
    }
  }
}
