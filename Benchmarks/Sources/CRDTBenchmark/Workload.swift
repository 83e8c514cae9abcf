import Foundation

/// One edit of a sequential trace.
struct Patch {
  /// In UTF-16 units, as `deleted`.
  let position: Int
  let deleted: Int
  let inserted: String
}

/// Updates one behind the other in memory, as a socket or a log hands them over.
struct Updates: Equatable {
  private(set) var bytes: [UInt8] = []
  private var lengths: [Int] = []

  var count: Int { lengths.count }

  /// Each update as an array of its own.
  var arrays: [[UInt8]] {
    var arrays: [[UInt8]] = []
    forEach { arrays.append([UInt8]($0)) }
    return arrays
  }

  mutating func append(_ update: [UInt8]) {
    bytes += update
    lengths.append(update.count)
  }

  /// Lends each update to `body`, in order.
  func forEach<Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    try bytes.span.bytes.withUnsafeBytes { bytes throws(Failure) in
      var start = 0
      for length in lengths {
        try body(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
        start += length
      }
    }
  }
}

/// A trace, read into memory before anything is measured.
struct Workload {
  /// The root text that every trace edits.
  static let rootName = "text"

  let name: String
  /// A sequential editing history by client 1, nil when the trace has none.
  let patches: [Patch]?
  /// The V1 updates that Yjs emitted, one per transaction, nil when the trace is one update.
  let updates: Updates?
  /// The whole document as Yjs encodes it (V1).
  let encoded: [UInt8]
  /// The text that every operation must end with.
  let endContent: String

  /// Reads the files that the Yjs peer wrote to `folder`.
  init(name: String, folder: URL) throws {
    self.name = name
    encoded = [UInt8](try Data(contentsOf: folder.appending(path: "v1")))
    endContent = String(decoding: try Data(contentsOf: folder.appending(path: "end")), as: UTF8.self)
    updates = try Self.read(folder.appending(path: "updates")) { file in
      file.readBytes(count: file.readUInt32())
    }?.reduce(into: Updates()) { $0.append($1) }
    patches = try Self.read(folder.appending(path: "patches")) { file in
      let position = file.readUInt32()
      let deleted = file.readUInt32()
      let inserted = file.readBytes(count: file.readUInt32())
      return Patch(position: position, deleted: deleted, inserted: String(decoding: inserted, as: UTF8.self))
    }
  }

  /// Reads a file of a count and as many elements, nil when there is no such file.
  private static func read<Element>(_ url: URL, element: (inout FileBytes) -> Element) throws -> [Element]? {
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    var file = FileBytes(bytes: [UInt8](try Data(contentsOf: url)))
    let count = file.readUInt32()
    return (0..<count).map { _ in element(&file) }
  }
}

/// Reads little-endian fields one after the other. The files are our own: a malformed one traps.
private struct FileBytes {
  let bytes: [UInt8]
  private var offset = 0

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func readUInt32() -> Int {
    readBytes(count: 4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  mutating func readBytes(count: Int) -> [UInt8] {
    defer { offset += count }
    return [UInt8](bytes[offset..<offset + count])
  }
}
