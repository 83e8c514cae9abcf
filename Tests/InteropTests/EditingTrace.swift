import CRDT
import Foundation
import TestSupport

/// A recorded editing history, as josephg/editing-traces publishes them.
struct EditingTrace: Decodable {
  /// Replaces `deletedCount` characters at `position` by `inserted`; characters are Unicode code points.
  struct Patch: Decodable {
    let position: Int
    let deletedCount: Int
    let inserted: String

    init(from decoder: any Decoder) throws {
      var fields = try decoder.unkeyedContainer()
      position = try fields.decode(Int.self)
      deletedCount = try fields.decode(Int.self)
      inserted = try fields.decode(String.self)
    }

    /// Whether code points and UTF-16 units are the same thing here.
    var isInBasicPlane: Bool { inserted.unicodeScalars.allSatisfy { $0.value <= 0xFFFF } }
  }

  struct Transaction: Decodable {
    let patches: [Patch]
    /// Who wrote it, in a concurrent trace.
    let agent: Int?
    /// The transactions it was written on top of, by index, in a concurrent trace.
    let parents: [Int]?
  }

  let startContent: String?
  let endContent: String
  let txns: [Transaction]

  /// The folder of the traces: `TRACES`, or `traces` in the package.
  static let folder = TestEnvironment.path("TRACES", default: "traces")

  /// The names of the files in the folder that end with `suffix`; none if there is no folder.
  static func files(suffix: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted()
  }

  init(file name: String) throws {
    // Foundation has no gunzip.
    let gzip = Process()
    let output = Pipe()
    gzip.executableURL = URL(filePath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-dc", Self.folder.appending(path: name).path]
    gzip.standardOutput = output
    try gzip.run()
    let json = try output.fileHandleForReading.readToEnd() ?? Data()
    gzip.waitUntilExit()
    self = try JSONDecoder().decode(EditingTrace.self, from: json)
  }
}

extension EditingTrace.Transaction {
  /// Edits `text`, in one transaction of its document.
  func replay(on document: Document, _ text: SharedText) {
    document.transact {
      for patch in patches {
        if patch.deletedCount > 0 { text.delete(at: patch.position, count: patch.deletedCount) }
        if !patch.inserted.isEmpty { text.insert(patch.inserted, at: patch.position) }
      }
    }
  }
}
