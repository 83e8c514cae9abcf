extension Document {
  /// What a peer that knows `vector` lacks, as an update in the given format. An empty vector means everything.
  ///
  /// - Complexity: O(*n*) in the document's items; less when little is new.
  public func encodeUpdate(since vector: StateVector = StateVector(), format: UpdateFormat) -> [UInt8] {
    let update = encodeUpdate(since: vector)
    switch format {
    case .v1: return update
    case .v2:
      return update.withUnsafeBytes { bytes in
        // A document's own update can always be read.
        try! UpdateV2Writer.convertFromV1(bytes)
      }
    }
  }

  /// Merges an update in the given format into the document.
  ///
  /// Updates may come in any order, in either format and more than once. What depends on updates that have not come is kept
  /// and merged when they do.
  ///
  /// - Returns: Whether the document changed, and whether it waits for something.
  /// - Throws: ``UpdateError`` when the bytes are no update; the document is unchanged then. A few bytes of format V2 can
  ///   stand for any number of structs: `tooLarge` says that they were more than 2^20 and 8 for each byte, or would take
  ///   more than 64 MB and 16 times their size in format V1.
  @discardableResult
  public func apply(_ update: [UInt8], format: UpdateFormat, origin: Origin? = nil) throws(UpdateError) -> ApplyResult {
    try update.span.bytes.withUnsafeBytes { bytes throws(UpdateError) in
      try apply(bytes, format: format, origin: origin)
    }
  }

  /// Merges an update in the given format into the document.
  ///
  /// - Returns: Whether the document changed, and whether it waits for something.
  /// - Throws: ``UpdateError``, as ``apply(_:format:origin:)-([UInt8],_,_)``.
  @discardableResult
  public func apply(
    _ update: UnsafeRawBufferPointer, format: UpdateFormat, origin: Origin? = nil
  ) throws(UpdateError) -> ApplyResult {
    switch format {
    case .v1: return try apply(update, origin: origin)
    case .v2:
      return try UpdateV2Reader.convertToV1(update).withBytes { bytes throws(UpdateError) in
        try apply(bytes, origin: origin)
      }
    }
  }
}
