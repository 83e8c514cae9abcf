import CRDT
import NIOCore
import SocketClients

/// What a node is flooded with.
enum FloodKind: String, CaseIterable {
  case connections, keystrokes, questions, large, small, waiting, presence, malformed, unread

  /// What goes on beside those who type.
  var title: String {
    switch self {
    case .connections: "connections from one address, as many as it gets"
    case .keystrokes: "40 clients that write single characters in 4 rooms"
    case .questions: "40 clients that ask for all of a document of 1 MB and for who is present"
    case .large: "8 clients that write texts just below the limit of a message, in ever new rooms"
    case .small: "8 clients that write 256 KiB of single characters at a time, in ever new rooms"
    case .waiting: "20 clients whose updates wait for what never comes, in ever new rooms"
    case .presence: "20 clients that say 100 states of 1 KB at a time, their own and others', to a room"
    case .malformed: "20 clients that come back with bad tokens, broken frames and messages that cannot be read"
    case .unread: "100 clients that ask for all of a document of 1 MB and read nothing"
    }
  }

  /// How many connections there are at a time.
  var connections: Int {
    switch self {
    case .connections: 64
    case .keystrokes, .questions: 40
    case .large, .small: 8
    case .waiting, .presence, .malformed: 20
    case .unread: 100
    }
  }

  /// What is counted.
  var unit: String { self == .connections || self == .malformed ? "connections" : "messages" }

  /// The room of a flooder's connection.
  func room(of flooder: Int, _ connection: Int) -> String {
    switch self {
    case .keystrokes: "keystrokes-\(flooder % 4)"
    case .connections, .questions, .presence, .malformed, .unread: "flooded"
    case .large, .small, .waiting: "\(rawValue)-\(flooder)-\(connection)"
    }
  }
}

/// What one flooder sends, block by block; a block is sent at once.
struct FloodSource {
  struct Block {
    var parts: [ByteBuffer]
    var messages = 1
  }

  /// Messages that are sent at once when they are small.
  private static let messagesAtOnce = 50

  private let kind: FloodKind
  /// Distinguishes what it writes from what others do.
  private let author: UInt64
  private var number: UInt64 = 0
  /// Made once.
  private let text: ByteBuffer

  init(_ kind: FloodKind, flooder: Int, messageBytesMax: Int) {
    self.kind = kind
    author = UInt64(flooder + 1) << 22
    text = ByteBuffer(repeating: 0x78, count: kind == .large ? messageBytesMax - 64 : 0)
  }

  /// What is sent next.
  mutating func next() -> Block {
    number += 1
    switch kind {
    case .connections: return Block(parts: [], messages: 0)
    case .keystrokes: return many { $0.writeKeystroke(of: author, clock: $1) }
    case .questions: return many { $0.writeQuestion(isOfPresence: $1 % 2 == 0) }
    case .large: return largeText
    case .small: return Block(parts: [frame { $0.writeCharacters(of: author + number, count: 40_000) }])
    case .waiting: return many { $0.writeWaiting(of: author + $1, isDeletion: $1 % 2 == 0) }
    case .presence: return many(4) { $0.writeStates(from: $1, owner: author) }
    case .malformed: return malformed
    case .unread: return many(10) { writer, _ in writer.writeSyncStep1(StateVector()) }
    }
  }

  /// - Parameter write: Gets a number that is never the same.
  private func many(_ count: Int = FloodSource.messagesAtOnce, _ write: (inout ByteWriter, UInt64) -> Void) -> Block {
    var bytes = ByteBuffer()
    let first = (number - 1) * UInt64(count)
    for index in 0..<UInt64(count) {
      var part = frame { write(&$0, first + index) }
      bytes.writeBuffer(&part)
    }
    return Block(parts: [bytes], messages: count)
  }

  private func frame(_ write: (inout ByteWriter) -> Void) -> ByteBuffer {
    var message = ByteWriter()
    write(&message)
    return message.withBytes { bytes in
      var frame = ByteBuffer(bytes: FloodSocket.frameHead(of: bytes.count))
      frame.writeBytes(bytes)
      return frame
    }
  }

  /// The text stands between two parts that are made each time.
  private var largeText: Block {
    var update = ByteWriter()
    for field in [1, 1, author + number, 0, 4, 1] { update.writeVarUInt(field) }
    update.writeVarString("t")
    update.writeVarUInt(UInt64(text.readableBytes))
    let byteCount = update.count + text.readableBytes + 1
    var message = ByteWriter()
    for field in [0, 2, UInt64(byteCount)] { message.writeVarUInt(field) }
    var head = ByteBuffer(bytes: FloodSocket.frameHead(of: message.count + byteCount))
    message.withBytes { _ = head.writeBytes($0) }
    update.withBytes { _ = head.writeBytes($0) }
    return Block(parts: [head, text, ByteBuffer(bytes: [0])])
  }

  /// A reserved opcode, a message of nothing known, and an update that is none.
  private var malformed: Block {
    let frames: [[UInt8]] = [
      FloodSocket.frameHead(of: 0, opcode: 3), FloodSocket.frameHead(of: 1) + [99],
      FloodSocket.frameHead(of: 5) + [0, 2, 2, 1, 1],
    ]
    return Block(parts: [ByteBuffer(bytes: frames[Int(number % 3)])])
  }
}

extension ByteWriter {
  /// Asks who is present, or for the whole document.
  fileprivate mutating func writeQuestion(isOfPresence: Bool) {
    if isOfPresence { writeByte(3) } else { writeSyncStep1(StateVector()) }
  }

  /// The struct of a character that `author` writes behind the one before.
  private mutating func writeCharacter(of author: UInt64, clock: UInt64) {
    if clock == 0 {
      for field in [4, 1] as [UInt64] { writeVarUInt(field) }
      writeVarString("t")
    } else {
      writeByte(0x84)
      for field in [author, clock - 1] { writeVarUInt(field) }
    }
    writeVarString("x")
  }

  /// A character that `author` appends to its own.
  fileprivate mutating func writeKeystroke(of author: UInt64, clock: UInt64) {
    var update = ByteWriter()
    for field in [1, 1, author, clock] { update.writeVarUInt(field) }
    update.writeCharacter(of: author, clock: clock)
    update.writeByte(0)
    writeUpdateMessage(update.bytes())
  }

  /// Characters of `author`, each a struct of its own behind the one before.
  fileprivate mutating func writeCharacters(of author: UInt64, count: Int) {
    var update = ByteWriter()
    for field in [1, UInt64(count), author, 0] { update.writeVarUInt(field) }
    for clock in 0..<UInt64(count) {
      update.writeCharacter(of: author, clock: clock)
    }
    update.writeByte(0)
    writeUpdateMessage(update.bytes())
  }

  /// What waits for the first unit of `author`.
  fileprivate mutating func writeWaiting(of author: UInt64, isDeletion: Bool) {
    var update = ByteWriter()
    if isDeletion {
      for field in [0, 1, author, 1, 1, 1] { update.writeVarUInt(field) }
    } else {
      for field in [1, 1, author, 1, 4, 1] { update.writeVarUInt(field) }
      for text in ["t", "x"] { update.writeVarString(text) }
      update.writeByte(0)
    }
    writeUpdateMessage(update.bytes())
  }

  /// States of 50 clients of `owner`, and of 50 that all flooders speak for.
  fileprivate mutating func writeStates(from number: UInt64, owner: UInt64) {
    let state = [UInt8]("{\"name\":\"\(String(repeating: "x", count: 1000))\"}".utf8)
    let entries = (0..<100 as Range<UInt64>).map { index in
      AwarenessEntry(client: ClientID(rawValue: index < 50 ? owner + index : index), clock: number + 1, state: state)
    }
    writeAwarenessMessage(AwarenessUpdate(entries))
  }
}
