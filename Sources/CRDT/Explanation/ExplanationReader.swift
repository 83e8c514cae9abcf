#if !hasFeature(Embedded)
  extension Explanation {
    /// Reads fields that have names, so that a ``Damage`` can tell which one cannot be read.
    public struct Reader {
      var bytes: ByteReader
      /// How many parts the next one is inside of.
      public var depth: Int
      /// What the next fields belong to, as in " of the struct 1:5".
      var owner = ""

      /// A reader at the first byte of `bytes`, which must outlive it.
      public init(_ bytes: UnsafeRawBufferPointer) { self.init(ByteReader(bytes), depth: 0) }

      init(_ bytes: ByteReader, depth: Int) {
        self.bytes = bytes
        self.depth = depth
      }

      /// Bytes from the start that are read.
      public var byteOffset: Int { bytes.byteOffset }
      /// Whether all is read.
      public var isAtEnd: Bool { bytes.isAtEnd }

      /// Passes over all that is left.
      ///
      /// - Returns: The number of bytes.
      public mutating func skipRest() -> Int {
        defer { bytes.position = bytes.end }
        return bytes.remaining
      }

      /// The damage that a field has.
      public func damage(_ code: UpdateError.Code, at byteOffset: Int, field: String) -> Damage {
        Damage(UpdateError(code, at: byteOffset), field: field + owner)
      }

      private mutating func read<Value>(
        _ field: String, _ body: (inout ByteReader) throws(UpdateError) -> Value
      ) throws(Damage) -> Value {
        do throws(UpdateError) {
          return try body(&bytes)
        } catch {
          throw Damage(error, field: field + owner)
        }
      }

      /// - Throws: ``Damage``: `truncated`.
      public mutating func readByte(_ field: String) throws(Damage) -> UInt8 {
        try read(field) { reader throws(UpdateError) in try reader.readByte() }
      }

      /// An unsigned integer of variable length.
      ///
      /// - Throws: ``Damage``: `truncated`, `overlongInteger`, `integerOutOfRange`.
      public mutating func readVarUInt(_ field: String) throws(Damage) -> UInt64 {
        try read(field) { reader throws(UpdateError) in try reader.readVarUInt() }
      }

      /// A signed integer of variable length.
      mutating func readVarInt(_ field: String) throws(Damage) -> (magnitude: UInt64, isNegative: Bool) {
        try read(field) { reader throws(UpdateError) in try reader.readVarInt() }
      }

      /// A string with its length before it.
      ///
      /// - Throws: ``Damage``: `truncated`, `overlongInteger`, `integerOutOfRange`, `invalidUTF8`.
      public mutating func readString(_ field: String) throws(Damage) -> String {
        try read(field) { reader throws(UpdateError) in
          String(decoding: try reader.readVarString(), as: UTF8.self)
        }
      }

      /// Bytes with their length before them.
      ///
      /// - Throws: ``Damage``: `truncated`, `overlongInteger`, `integerOutOfRange`.
      public mutating func readVarBytes(_ field: String) throws(Damage) -> UnsafeRawBufferPointer {
        try read(field) { reader throws(UpdateError) in try reader.readVarBytes() }
      }

      /// A client.
      ///
      /// - Throws: As ``readVarUInt(_:)``.
      public mutating func readClient(_ field: String) throws(Damage) -> ClientID {
        ClientID(rawValue: try readVarUInt(field))
      }

      /// A clock or a length as documents have it, of 32 bits.
      mutating func readClock(_ field: String) throws(Damage) -> UInt32 {
        try read(field) { reader throws(UpdateError) in try ParsedUpdate.readClock(&reader) }
      }

      /// A value, which is passed over.
      mutating func skipValue(_ field: String) throws(Damage) {
        try read(field) { reader throws(UpdateError) in _ = try ValueCodec.skip(&reader) }
      }

      /// Tells of a message, and explains what has its length before it and is the rest of the message.
      ///
      /// When fewer bytes are left than announced, those are explained as far as they go.
      ///
      /// - Parameters:
      ///   - field: What the bytes are, in words.
      ///   - start: The message's first byte.
      /// - Throws: ``Damage``.
      public mutating func explainNested(
        _ field: String, as kind: Kind, of message: Content, from start: Int, _ visit: (Part) -> Void
      ) throws(Damage) {
        let lengthOffset = byteOffset
        let count = try readVarUInt("length of the \(field)")
        let isWhole = count <= UInt64(bytes.remaining)
        // It fits, or is the rest.
        let content = try! bytes.readBytes(count: min(count, UInt64(bytes.remaining)))
        visit(Part(depth: depth, bytes: start..<byteOffset, message))
        var nested = Reader(ByteReader(part: content, of: bytes), depth: depth + 1)
        do throws(Damage) {
          try Explanation.explain(&nested, as: kind, visit)
        } catch {
          if isWhole { throw error }
        }
        guard isWhole else { throw damage(.truncated, at: lengthOffset, field: "length of the \(field)") }
      }
    }
  }
#endif
