#if !hasFeature(Embedded)
  /// What bytes in Yjs' formats say, part by part, with where each part stands: for people who look into a file, a message
  /// or a damaged replica.
  ///
  /// ```swift
  /// do {
  ///   try Explanation.explain(update, as: .update) { part in print(part.bytes ?? 0..<0, part.content) }
  /// } catch {
  ///   print(error)  // byte 17, origin's clock of the struct 1:5: the input is truncated
  /// }
  /// ```
  /// Parts are told as they are read and are not kept, so what stands before a damage is explained however the bytes end,
  /// and memory does not grow with them. The bytes may be hostile: what a decoder refuses is a ``Damage`` here.
  public enum Explanation {
    /// What bytes can be.
    public enum Kind: String, CaseIterable, Sendable {
      /// An update in format V1.
      case update
      /// An update in format V2.
      case updateV2 = "update-v2"
      /// One or more messages of y-protocols, as y-websocket sends them.
      case message
      /// States of clients, as in a message of y-protocols.
      case awareness
      /// A snapshot with its delete set in format V1.
      case snapshot
      /// A snapshot with its delete set in format V2.
      case snapshotV2 = "snapshot-v2"
      /// A state vector.
      case stateVector = "state-vector"
      /// A relative position.
      case relativePosition = "relative-position"
    }

    /// Explains bytes as what they are said to be.
    ///
    /// - Parameter visit: Gets the parts in the order in which they are read.
    /// - Throws: ``Damage``, when all before it is explained.
    /// - Complexity: O(*n*) in the bytes of the formats V1 and V2; see ``Document/apply(_:format:origin:)-([UInt8],_,_)``
    ///   for what few bytes of V2 may stand for.
    public static func explain(_ bytes: [UInt8], as kind: Kind, _ visit: (Part) -> Void) throws(Damage) {
      try bytes.span.bytes.withUnsafeBytes { bytes throws(Damage) in
        var reader = Reader(bytes)
        try explain(&reader, as: kind, visit)
      }
    }

    /// Explains all that `reader` has left as what it is said to be: for formats with those of Yjs inside.
    ///
    /// - Parameter visit: Gets the parts in the order in which they are read.
    /// - Throws: ``Damage``, when all before it is explained.
    public static func explain(_ reader: inout Reader, as kind: Kind, _ visit: (Part) -> Void) throws(Damage) {
      switch kind {
      case .update: try explainUpdate(&reader, visit)
      case .updateV2: try UpdateV2Reader.explain(&reader, visit)
      case .message:
        repeat { try explainMessage(&reader, visit) } while !reader.isAtEnd
      case .awareness: try explainAwareness(&reader, visit)
      case .snapshot, .snapshotV2:
        try explainDeleteSet(&reader, format: kind == .snapshot ? .v1 : .v2, clockMax: ClientID.max.rawValue, visit)
        try explainStateVector(&reader, visit)
      case .stateVector: try explainStateVector(&reader, visit)
      case .relativePosition: try explainPosition(&reader, visit)
      }
      guard reader.isAtEnd else { throw reader.damage(.trailingBytes, at: reader.byteOffset, field: "end") }
    }
  }

  extension Explanation {
    /// Where bytes cannot be read on, and why.
    public struct Damage: Error, Equatable, Sendable, CustomStringConvertible {
      /// What is wrong with the field, and where it starts.
      public let error: UpdateError
      /// The field in words, such as "origin's clock of the struct 1:5".
      public let field: String

      /// The damage of a field.
      public init(_ error: UpdateError, field: String) {
        self.error = error
        self.field = field
      }

      /// One line: where, which field, and why.
      public var description: String { "byte \(error.byteOffset), \(field): \(error.code)" }
    }
  }
#endif
