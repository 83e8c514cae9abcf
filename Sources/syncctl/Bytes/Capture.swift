import Foundation

/// Frames that were recorded of WebSockets, in the order in which they went over.
struct Capture {
  /// What went over one socket.
  struct Socket {
    /// Where it led, without what stands behind `?`, which may be a token.
    var url: String?
    var frames: [Frame] = []
  }

  struct Frame {
    enum Direction: String { case sent, received }

    /// As it stands in the capture.
    var time: String?
    var direction: Direction?
    /// Nil for a frame of text.
    var bytes: [UInt8]?
  }

  var sockets: [Socket]
}

// MARK: Lines

extension Capture {
  /// A line of a capture: `[TIME] [>|<] BYTES`.
  private struct Line {
    let number: Int
    let time: String?
    let direction: Frame.Direction?
    let bytes: Substring

    /// Whether it can be nothing but a frame.
    var isMarked: Bool { time != nil || direction != nil }

    init?(_ text: Substring, number: Int) {
      var words = text.split(whereSeparator: \.isWhitespace)
      guard let bytes = words.popLast() else { return nil }
      var direction: Frame.Direction?
      if let mark = words.last, mark == ">" || mark == "<" {
        direction = mark == ">" ? .sent : .received
        words.removeLast()
      }
      var time: String?
      if let first = words.first {
        guard words.count == 1, first.first?.isNumber == true else { return nil }
        // Without a mark, digits before digits are bytes, too.
        if direction == nil, !first.contains(where: { $0 == "." || $0 == ":" }) { return nil }
        time = String(first)
      }
      (self.number, self.time, self.direction, self.bytes) = (number, time, direction, bytes)
    }
  }

  /// The widths to which `xxd -p`, PEM and `base64` break lines.
  private static let brokenAt: Set<Int> = [60, 64, 76]

  /// Reads a capture of lines.
  ///
  /// - Parameters:
  ///   - encoding: How frames are written; nil to find out.
  ///   - isCertain: Whether the text is said to be a capture, and not bytes in several lines.
  /// - Returns: Nil when it is none.
  /// - Throws: ``Failure`` for a line that is no frame in what is a capture.
  init?(lines text: String, encoding: ByteEncoding?, isCertain: Bool) throws(Failure) {
    var lines: [Line] = []
    var hasComments = false
    var wrong: Int?
    for (index, text) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard let first = text.first(where: { !$0.isWhitespace }) else { continue }
      if first == "#" {
        hasComments = true
      } else if let line = Line(text, number: index + 1) {
        lines.append(line)
      } else {
        wrong = wrong ?? index + 1
      }
    }
    let isMarked = hasComments || lines.contains(where: \.isMarked)
    let isCapture = isCertain || isMarked || (wrong == nil && lines.count > 1 && !Self.isBroken(lines))
    guard isCapture else { return nil }
    if let wrong { throw Self.failure(wrong) }
    let encodings = encoding.map { [$0] } ?? [.hex, .base64]
    // All frames are written in the same way.
    let fitting = encodings.first { encoding in lines.allSatisfy { encoding.bytes(of: $0.bytes.utf8) != nil } }
    guard let fitting = fitting ?? encodings.last else { return nil }
    var socket = Socket()
    for line in lines {
      guard let bytes = fitting.bytes(of: line.bytes.utf8) else {
        if !isCertain && !isMarked { return nil }
        throw Self.failure(line.number)
      }
      socket.frames.append(Frame(time: line.time, direction: line.direction, bytes: bytes))
    }
    sockets = [socket]
  }

  private static func isBroken(_ lines: [Line]) -> Bool {
    let width = lines[0].bytes.count
    return brokenAt.contains(width) && lines.dropLast().allSatisfy { $0.bytes.count == width }
      && lines[lines.count - 1].bytes.count <= width
  }

  private static func failure(_ line: Int) -> Failure {
    Failure(.check, "line \(line) is no frame: write `[TIME] [>|<] BYTES`, the bytes in hexadecimal or Base64")
  }
}

// MARK: Browsers

extension Capture {
  /// An export of a browser's network tools, as Chrome writes it: `_webSocketMessages` beside each request.
  fileprivate struct HTTPArchive: Decodable {
    struct Log: Decodable { var entries: [Entry] }
    struct Request: Decodable { var url: String? }
    struct Entry: Decodable {
      var request: Request?
      var messages: [Message]?
      enum CodingKeys: String, CodingKey {
        case request
        case messages = "_webSocketMessages"
      }
    }
    struct Message: Decodable {
      var type: String?
      var time: Double?
      /// 1 for text, 2 for bytes in Base64.
      var opcode: Int?
      var data: String
    }
    var log: Log
  }

  /// Reads an archive of a browser's requests.
  ///
  /// - Returns: Nil when it is none.
  init?(archive bytes: [UInt8]) {
    guard bytes.first(where: { !ByteEncoding.isSpace($0) }) == UInt8(ascii: "{"),
      let archive = try? JSONDecoder().decode(HTTPArchive.self, from: Data(bytes))
    else { return nil }
    sockets = archive.log.entries.compactMap { entry in
      guard let messages = entry.messages else { return nil }
      let url = entry.request?.url.map { String($0.prefix { $0 != "?" && $0 != "#" }) }
      return Socket(url: url, frames: messages.map { Frame($0) })
    }
  }
}

extension Capture.Frame {
  fileprivate init(_ message: Capture.HTTPArchive.Message) {
    time = message.time.map {
      Date(timeIntervalSince1970: $0).ISO8601Format(.init(includingFractionalSeconds: true))
    }
    direction = message.type.map { $0 == "send" ? .sent : .received }
    bytes = message.opcode == 1 ? nil : ByteEncoding.base64.bytes(of: message.data.utf8) ?? Array(message.data.utf8)
  }
}
