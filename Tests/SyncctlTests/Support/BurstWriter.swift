import CRDT
import Foundation
import Synchronization

/// A bare client of y-websocket's protocol that appends to the list of a room, always a few updates ahead of what it was
/// told is stored. It costs next to nothing beside the relay that it keeps busy.
final class BurstWriter: Sendable {
  /// Updates that wait for their echo at the same time.
  private static let windowMax = 16

  private let port: Int
  private let room: String
  private let prefix: String
  private let client: ClientID
  private let markers = Mutex<[String]>([])

  /// - Parameters:
  ///   - prefix: Update n appends "PREFIX-n".
  ///   - client: Must be another one for each writer: it begins with an empty document.
  init(port: Int, room: String, prefix: String, client: UInt64) {
    self.port = port
    self.room = room
    self.prefix = prefix
    self.client = ClientID(rawValue: client)
  }

  /// What was told to be stored so far.
  var acknowledged: [String] { markers.withLock { $0 } }

  /// Writes until the connection ends, or `count` updates are stored.
  func run(count: Int) async {
    await withCheckedContinuation { continuation in
      let thread = Thread { [self] in
        write(count: count)
        continuation.resume()
      }
      thread.start()
    }
  }

  private func write(count: Int) {
    guard let socket = WebSocket(port: port, path: room) else { return }
    let document = Document(clientID: client)
    let list = document.array("list")
    var waiting: [(message: [UInt8], marker: String)] = []
    var written = 0
    let subscription = document.observeUpdates { event in
      var message = ByteWriter()
      message.writeUpdateMessage(event.update)
      waiting.append((message.bytes(), "\(self.prefix)-\(written)"))
    }
    defer { subscription.cancel() }
    while written < count || !waiting.isEmpty {
      if written < count, waiting.count < BurstWriter.windowMax {
        list.append(.string("\(prefix)-\(written)"))
        written += 1
        guard let message = waiting.last?.message, socket.send(message) else { return }
        continue
      }
      guard let message = socket.receive() else { return }
      guard message == waiting.first?.message else { continue }
      let marker = waiting.removeFirst().marker
      markers.withLock { $0.append(marker) }
    }
  }
}

/// The least of a WebSocket, for one thread that waits.
private final class WebSocket {
  private let descriptor: CInt
  private var received: [UInt8] = []
  private var position = 0

  init?(port: Int, path: String) {
    descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let request =
      "GET /\(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    guard isConnected, write(Array(request.utf8)), skipHeaders() else { return nil }
  }

  deinit { close(descriptor) }

  /// Sends a binary message of fewer than 65,536 bytes, "masked" with zeros.
  func send(_ message: [UInt8]) -> Bool {
    var frame: [UInt8] = [0x82]
    if message.count < 126 {
      frame.append(0x80 | UInt8(message.count))
    } else {
      frame += [0x80 | 126, UInt8(message.count >> 8), UInt8(message.count & 255)]
    }
    return write(frame + [0, 0, 0, 0] + message)
  }

  /// The next binary message; nil when the connection has ended.
  func receive() -> [UInt8]? {
    while true {
      guard let head = take(2) else { return nil }
      var count = Int(head[1] & 0x7F)
      if count >= 126 {
        guard let length = take(count == 126 ? 2 : 8) else { return nil }
        count = length.reduce(0) { $0 << 8 | Int($1) }
      }
      guard let payload = take(count), head[0] & 0x0F != 8 else { return nil }
      if head[0] & 0x0F == 2 { return payload }
    }
  }

  private func skipHeaders() -> Bool {
    var last: [UInt8] = []
    while last != Array("\r\n\r\n".utf8) {
      guard let byte = take(1) else { return false }
      last = Array((last + byte).suffix(4))
    }
    return true
  }

  private func take(_ count: Int) -> [UInt8]? {
    while received.count - position < count {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let read = recv(descriptor, &buffer, buffer.count, 0)
      guard read > 0 else { return nil }
      received.removeFirst(position)
      position = 0
      received += buffer.prefix(read)
    }
    defer { position += count }
    return Array(received[position..<position + count])
  }

  private func write(_ bytes: [UInt8]) -> Bool {
    Foundation.send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count
  }
}

extension BurstWriter {
  /// What writers have appended to a document.
  static func markers(in document: Document) -> [String] {
    document.array("list").values.compactMap { content in
      if case .value(.string(let marker)) = content { marker } else { nil }
    }
  }
}
