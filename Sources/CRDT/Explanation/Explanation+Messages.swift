#if !hasFeature(Embedded)
  extension Explanation {
    /// One message of y-protocols.
    static func explainMessage(_ reader: inout Reader, _ visit: (Part) -> Void) throws(Damage) {
      let start = reader.byteOffset
      switch try reader.readVarUInt("type of message") {
      case 0: try explainSync(&reader, from: start, visit)
      case 1:
        let message = Content.message("awareness", details: [])
        try reader.explainNested("awareness update", as: .awareness, of: message, from: start, visit)
      case 2:
        var message = Content.message("permission granted", details: [])
        if try reader.readVarUInt("permission") == 0 {
          let reason = try reader.readString("reason")
          message = .message("permission denied", details: [Value.Member("reason", .string(reason))])
        }
        visit(Part(depth: reader.depth, bytes: start..<reader.byteOffset, message))
      case 3:
        visit(
          Part(
            depth: reader.depth, bytes: start..<reader.byteOffset, .message("query for awareness", details: [])))
      default: throw reader.damage(.unknownMessage, at: start, field: "type of message")
      }
    }

    /// What follows the type of a sync message.
    ///
    /// - Parameters:
    ///   - start: The message's first byte.
    ///   - details: What the message says beside.
    /// - Throws: ``Damage``.
    public static func explainSync(
      _ reader: inout Reader, from start: Int, details: [Value.Member] = [], _ visit: (Part) -> Void
    ) throws(Damage) {
      let field = reader.byteOffset
      switch try reader.readVarUInt("step of synchronisation") {
      case 0:
        let message = Content.message("sync step 1", details: details)
        try reader.explainNested("state vector", as: .stateVector, of: message, from: start, visit)
      case 1:
        let message = Content.message("sync step 2", details: details)
        try reader.explainNested("update", as: .update, of: message, from: start, visit)
      case 2:
        let message = Content.message("update", details: details)
        try reader.explainNested("update", as: .update, of: message, from: start, visit)
      default: throw reader.damage(.unknownMessage, at: field, field: "step of synchronisation")
      }
    }

    /// States of clients.
    static func explainAwareness(_ reader: inout Reader, _ visit: (Part) -> Void) throws(Damage) {
      let clients = try explainList(.awareness, &reader, visit)
      for _ in 0..<clients {
        let start = reader.byteOffset
        let client = try reader.readClient("client of a state")
        let clock = try reader.readVarUInt("clock of client \(client)")
        let state = try reader.readString("state of client \(client)")
        let entry = AwarenessEntry(client: client, clock: clock, state: [UInt8](state.utf8))
        visit(Part(depth: reader.depth + 1, bytes: start..<reader.byteOffset, .state(entry)))
      }
    }

    /// A state vector.
    static func explainStateVector(_ reader: inout Reader, _ visit: (Part) -> Void) throws(Damage) {
      let clients = try explainList(.stateVector, &reader, visit)
      for _ in 0..<clients {
        let start = reader.byteOffset
        let client = try reader.readClient("client of a clock")
        let clock = try reader.readVarUInt("clock of client \(client)")
        visit(
          Part(
            depth: reader.depth + 1, bytes: start..<reader.byteOffset, .clock(client: client, clock: clock)))
      }
    }

    /// A relative position. Its side may be missing.
    static func explainPosition(_ reader: inout Reader, _ visit: (Part) -> Void) throws(Damage) {
      let start = reader.byteOffset
      let kind = try reader.readVarUInt("kind of position")
      var root: String?
      var item: ItemID?
      switch kind {
      case 0, 2: item = ItemID(client: try reader.readClient("client"), clock: try reader.readVarUInt("clock"))
      case 1: root = try reader.readString("root's name")
      default: throw reader.damage(.unknownContent, at: start, field: "kind of position")
      }
      var association = RelativePosition.Association.next
      if !reader.isAtEnd {
        let (magnitude, isNegative) = try reader.readVarInt("side")
        if isNegative && magnitude > 0 { association = .previous }
      }
      let position =
        switch (kind, item) {
        case (0, let item?): RelativePosition(item: item, association: association)
        case (_, let item?): RelativePosition(endOf: .nested(item), association: association)
        case (_, nil): RelativePosition(endOf: .root(root ?? ""), association: association)
        }
      visit(Part(depth: reader.depth, bytes: start..<reader.byteOffset, .position(position)))
    }
  }
#endif
