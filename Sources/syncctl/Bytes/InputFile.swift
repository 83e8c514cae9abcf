import Foundation

/// A file that was read as a whole, or standard input.
struct InputFile {
  /// How it is called in messages.
  let name: String
  let bytes: [UInt8]

  /// Reads the file at `path`; `-` is standard input.
  static func read(_ path: String) throws(Failure) -> InputFile {
    do {
      if path == "-" {
        return InputFile(name: "standard input", bytes: [UInt8](try FileHandle.standardInput.readToEnd() ?? Data()))
      }
      return InputFile(name: path, bytes: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
    } catch {
      throw Failure(.unreachable, "cannot read \(path) (\(error.localizedDescription)): name a file, or - for stdin")
    }
  }

  /// Whether there is nothing but characters of ASCII that can be seen, and white space.
  var isText: Bool { bytes.allSatisfy { (0x21...0x7E).contains($0) || ByteEncoding.isSpace($0) } }

  /// What the file may stand for, the likeliest first: text may be bytes in hexadecimal, then in Base64.
  ///
  /// - Parameter chosen: How the bytes are said to be written.
  func candidates(_ chosen: ByteEncoding?) -> [(encoding: ByteEncoding, bytes: [UInt8])] {
    if chosen == nil, !isText { return [(.raw, bytes)] }
    let encodings = chosen.map { [$0] } ?? [.hex, .base64, .raw]
    return encodings.compactMap { encoding in encoding.bytes(of: bytes).map { (encoding, $0) } }
  }
}
