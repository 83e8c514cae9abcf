import CRDT

/// What nodes say to each other: Hocuspocus' messages, and more kinds that are never sent to others. All stand behind a
/// room's name as address; a hello, and the end of the whole conversation, behind an empty one.
///
/// ```
///  40  hello            vu version, vb identifier, vu flags (1: read only), vu rooms (0 all, 1 matching, 2 in use),
///                       vu count, count × vs pattern, vs token; whatever follows is of a later version
///  41  state            vb state vector, 8 bytes digest of the delete set,
///                       vu flags (1: say yours; 2: in use here; 8: nothing is taken here;
///                       4: of a later epoch: vu generation, vu identifier)
///  42  delta            vu number, vu flags (1: start of an answer; 2: its end; 4: as above), vb update
///  43  acknowledgement  vu received, vu stored, vu own stored
///  44  epoch            vu generation, vu identifier, vu count, count × vu retired client
/// ```
/// Kinds are in hexadecimal. `vu` is a variable-length integer, `vb` and `vs` are a count and as many bytes.
enum PeerMessage: Equatable {
  /// Who speaks, and which rooms the one who dialled wants.
  case hello(Hello)
  /// "This is what I have of the room."
  case state(State)
  /// "This is new, or what you lacked." The update lies at `update` in the message.
  case delta(Delta, update: Range<Int>)
  /// How far the deltas of the other side have come.
  case acknowledgement(Acknowledgement)
  /// "The document was recreated, and these clients wrote in what was before."
  case epoch(NewEpoch)
  /// A message of y-protocols, which starts at an offset.
  case document(offset: Int)
  /// The room, or without a room the conversation, is over. The code is that of a WebSocket's close frame.
  case close(reason: String, code: UInt64?)
  case ping
  case pong

  struct Hello: Equatable {
    static let currentVersion: UInt64 = 1

    var version = currentVersion
    let id: PeerID
    let rooms: RoomSelection
    /// Whether the other side may only read here.
    var isReadOnly = false
    /// What the side that dialled shows for its rights; empty for nothing.
    var token = ""
  }

  struct State: Equatable {
    let stateVector: StateVector
    let deletionDigest: UInt64
    /// Whether the other side is to say its state, too.
    let wantsAnswer: Bool
    /// Whether something goes on in the room on this side, so that it had better stay open.
    let isInUse: Bool
    /// Whether nothing is taken of the room on this side, by the other's rights.
    var isReadOnly = false
    /// Which life of the document this is about.
    var epoch = Epoch.first
  }

  struct Delta: Equatable {
    /// Counts the deltas of a room in one direction of a connection, from 1.
    let number: UInt64
    /// Whether an answer to a state starts here: what was missed before is in it.
    let isStart: Bool
    /// Whether an answer ends here: who has it all has all that the sender had.
    let isEnd: Bool
    /// Which life of the document this is about.
    var epoch = Epoch.first
  }

  struct NewEpoch: Equatable {
    let epoch: Epoch
    let retired: RetiredClients
  }

  struct Acknowledgement: Equatable {
    /// The last delta received without a gap.
    let received: UInt64
    /// The last delta that is stored.
    let stored: UInt64
    /// The last delta of the sender of this message that it has stored itself.
    let ownStored: UInt64
  }
}

// MARK: Reading

extension PeerMessage {
  /// Reads a message.
  ///
  /// - Returns: The message, and where the room's name lies.
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `invalidUTF8`, `unknownMessage`, `trailingBytes`.
  static func decode(_ bytes: UnsafeRawBufferPointer) throws(UpdateError) -> (address: Range<Int>, PeerMessage) {
    if bytes.count == 1, bytes[0] == MultiplexedMessage.ping[0] { return (0..<0, .ping) }
    if bytes.count == 1, bytes[0] == MultiplexedMessage.pong[0] { return (0..<0, .pong) }
    var reader = ByteReader(bytes)
    let addressCount = try reader.readVarString().count
    let address = reader.byteOffset - addressCount..<reader.byteOffset
    let kind = reader.byteOffset
    let message: PeerMessage
    switch try reader.readVarUInt() {
    case 1, 3: return (address, .document(offset: kind))
    case 7:
      let reason = String(decoding: try reader.readVarString(), as: UTF8.self)
      message = .close(reason: reason, code: reader.isAtEnd ? nil : try reader.readVarUInt())
    // Later versions say more.
    case Kind.hello: return (address, .hello(try Hello(reading: &reader)))
    case Kind.state: message = .state(try State(reading: &reader))
    case Kind.delta: message = try delta(reading: &reader)
    case Kind.acknowledgement:
      message = .acknowledgement(
        Acknowledgement(
          received: try reader.readVarUInt(), stored: try reader.readVarUInt(), ownStored: try reader.readVarUInt()))
    case Kind.epoch:
      message = .epoch(
        NewEpoch(epoch: try Epoch(reading: &reader), retired: try RetiredClients(reading: &reader)))
    default: throw UpdateError(.unknownMessage, at: kind)
    }
    guard reader.isAtEnd else { throw UpdateError(.trailingBytes, at: reader.byteOffset) }
    return (address, message)
  }

  private static func delta(reading reader: inout ByteReader) throws(UpdateError) -> PeerMessage {
    let number = try reader.readVarUInt()
    let flags = try reader.readVarUInt()
    let epoch = flags & Flags.epoch != 0 ? try Epoch(reading: &reader) : .first
    let count = try reader.readVarBytes().count
    return .delta(
      Delta(number: number, isStart: flags & Flags.start != 0, isEnd: flags & Flags.end != 0, epoch: epoch),
      update: reader.byteOffset - count..<reader.byteOffset)
  }

  /// Whether a message of a multiplexed socket is a hello: the peer is a node.
  static func isHello(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count > 2 && bytes[0] == 0 && UInt64(bytes[1]) == Kind.hello
  }
}

extension PeerMessage.Hello {
  fileprivate init(reading reader: inout ByteReader) throws(UpdateError) {
    version = try reader.readVarUInt()
    let field = reader.byteOffset
    guard let id = PeerID(try reader.readVarBytes()) else { throw UpdateError(.unknownMessage, at: field) }
    self.id = id
    isReadOnly = try reader.readVarUInt() & PeerMessage.Flags.readOnly != 0
    let mode = try reader.readVarUInt()
    let count = try reader.readVarUInt()
    guard count <= UInt64(reader.remaining) else { throw UpdateError(.truncated, at: reader.byteOffset) }
    var patterns: [String] = []
    for _ in 0..<count { patterns.append(String(decoding: try reader.readVarString(), as: UTF8.self)) }
    switch mode {
    case 0: rooms = .all
    case 1: rooms = .matching(patterns)
    case 2: rooms = .inUse
    default: throw UpdateError(.unknownMessage, at: field)
    }
    token = String(decoding: try reader.readVarString(), as: UTF8.self)
  }
}

extension PeerMessage.State {
  fileprivate init(reading reader: inout ByteReader) throws(UpdateError) {
    let field = reader.byteOffset
    let vector = try reader.readVarBytes()
    do {
      stateVector = try StateVector(decoding: vector)
    } catch {
      throw UpdateError(error.code, at: field + error.byteOffset)
    }
    var digest: UInt64 = 0
    for _ in 0..<8 { digest = digest << 8 | UInt64(try reader.readByte()) }
    deletionDigest = digest
    let flags = try reader.readVarUInt()
    wantsAnswer = flags & PeerMessage.Flags.wantsAnswer != 0
    isInUse = flags & PeerMessage.Flags.inUse != 0
    isReadOnly = flags & PeerMessage.Flags.takesNothing != 0
    if flags & PeerMessage.Flags.epoch != 0 { epoch = try Epoch(reading: &reader) }
  }
}

// MARK: Writing, behind the address

extension PeerMessage {
  enum Kind {
    static let hello: UInt64 = 0x40
    static let state: UInt64 = 0x41
    static let delta: UInt64 = 0x42
    static let acknowledgement: UInt64 = 0x43
    static let epoch: UInt64 = 0x44
  }

  enum Flags {
    static let readOnly: UInt64 = 1
    static let wantsAnswer: UInt64 = 1
    static let inUse: UInt64 = 2
    static let takesNothing: UInt64 = 8
    static let start: UInt64 = 1
    static let end: UInt64 = 2
    static let epoch: UInt64 = 4
  }
}

extension PeerMessage.Hello {
  func write(to writer: inout ByteWriter) {
    writer.writeVarUInt(PeerMessage.Kind.hello)
    writer.writeVarUInt(version)
    id.bytes.withUnsafeBytes { writer.writeVarBytes($0) }
    writer.writeVarUInt(isReadOnly ? PeerMessage.Flags.readOnly : 0)
    let patterns: [String]
    switch rooms {
    case .all: (_, patterns) = (writer.writeVarUInt(0), [])
    case .matching(let chosen): (_, patterns) = (writer.writeVarUInt(1), chosen)
    case .inUse: (_, patterns) = (writer.writeVarUInt(2), [])
    }
    writer.writeVarUInt(UInt64(patterns.count))
    for pattern in patterns { writer.writeVarString(pattern) }
    writer.writeVarString(token)
  }
}

extension PeerMessage.State {
  func write(to writer: inout ByteWriter) {
    writer.writeVarUInt(PeerMessage.Kind.state)
    stateVector.encode().withUnsafeBytes { writer.writeVarBytes($0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      writer.writeByte(UInt8(truncatingIfNeeded: deletionDigest >> UInt64(shift)))
    }
    var flags = epoch.flag
    if wantsAnswer { flags |= PeerMessage.Flags.wantsAnswer }
    if isInUse { flags |= PeerMessage.Flags.inUse }
    if isReadOnly { flags |= PeerMessage.Flags.takesNothing }
    writer.writeVarUInt(flags)
    epoch.writeUnlessFirst(to: &writer)
  }
}

extension PeerMessage.Delta {
  func write(_ update: UnsafeRawBufferPointer, to writer: inout ByteWriter) {
    writer.writeVarUInt(PeerMessage.Kind.delta)
    writer.writeVarUInt(number)
    writer.writeVarUInt((isStart ? PeerMessage.Flags.start : 0) | (isEnd ? PeerMessage.Flags.end : 0) | epoch.flag)
    epoch.writeUnlessFirst(to: &writer)
    writer.writeVarBytes(update)
  }
}

extension PeerMessage.Acknowledgement {
  func write(to writer: inout ByteWriter) {
    writer.writeVarUInt(PeerMessage.Kind.acknowledgement)
    writer.writeVarUInt(received)
    writer.writeVarUInt(stored)
    writer.writeVarUInt(ownStored)
  }
}

extension PeerMessage.NewEpoch {
  func write(to writer: inout ByteWriter) {
    writer.writeVarUInt(PeerMessage.Kind.epoch)
    epoch.write(to: &writer)
    retired.write(to: &writer)
  }
}

extension Epoch {
  fileprivate var flag: UInt64 { self == .first ? 0 : PeerMessage.Flags.epoch }

  fileprivate func writeUnlessFirst(to writer: inout ByteWriter) {
    if self != .first { write(to: &writer) }
  }

  fileprivate func write(to writer: inout ByteWriter) {
    writer.writeVarUInt(generation)
    writer.writeVarUInt(id)
  }

  fileprivate init(reading reader: inout ByteReader) throws(UpdateError) {
    let offset = reader.byteOffset
    let generation = try reader.readVarUInt()
    // So that nobody can make another epoch impossible.
    guard generation < 1 << 32 else { throw UpdateError(.integerOutOfRange, at: offset) }
    self.init(generation: generation, id: try reader.readVarUInt())
  }
}
