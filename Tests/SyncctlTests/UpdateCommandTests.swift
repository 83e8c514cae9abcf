import CRDT
import Foundation
import TestSupport
import Testing

/// `convert`, `obfuscate` and `merge` write what Yjs reads.
@Suite struct UpdateCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ digits: String, _ name: String) throws -> String {
    let file = folder.file(name)
    try Data(bytes(digits)).write(to: file)
    return file.path
  }

  /// Runs a command that writes a file, and returns the file's bytes in hexadecimal.
  private func result(_ arguments: String...) async throws -> String {
    let file = folder.file("result-\(UUID().uuidString)")
    let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + ["-o", file.path]))
    #expect(outcome.status == 0 && outcome.standardOutput.isEmpty, "\(arguments): \(outcome)")
    return hex(try Data(contentsOf: file))
  }

  @Test("Formats are converted as Yjs does it, and back")
  func convert() async throws {
    for update in try await YjsUpdates.make().updates {
      let (v1, v2) = (try write(update.v1, "\(update.name).v1"), try write(update.v2, "\(update.name).v2"))
      #expect(try await result("convert", v1, "--to", "v2") == update.v2, "\(update.name)")
      #expect(try await result("convert", v2, "--to", "v2") == update.v2, "\(update.name)")
      let again = try await result("convert", v2, "--to", "v1")
      // The key bit is written only where a key follows, so the bytes may differ; they say the same.
      #expect(
        try Update.convert(bytes(again), from: .v1, to: .v2) == bytes(update.v2) && again.count == update.v1.count)
    }
  }

  @Test("Encodings are written so that they can be read again")
  func encodings() async throws {
    let update = "01010100040101740361626300"
    let file = try write(update, "update")
    let digits = try await syncctl("convert", file, "--output-encoding", "hex")
    #expect(digits.standardOutput == "\(update)\n", "\(digits)")
    let base64 = try await syncctl("convert", file, "--output-encoding", "base64", "--to", "v2")
    let back = try await syncctl(
      ["convert", "-", "--to", "v1", "--output-encoding", "hex"], input: Data(base64.standardOutput.utf8))
    #expect(back.standardOutput == "\(update)\n", "\(back)")
    let json = try await syncctl("convert", file, "--to", "json")
    #expect(try json.json() == ["t": "abc"], "\(json)")
  }

  @Test("Updates are merged as Yjs does it, in whatever order and format")
  func merge() async throws {
    let yjs = try await YjsUpdates.make()
    let v1 = try yjs.parts.enumerated().map { try write($1, "part-\($0).v1") }
    let v2 = try yjs.partsV2.enumerated().map { try write($1, "part-\($0).v2") }
    #expect(try await result("merge", v1[0], v1[1], v1[2]) == yjs.merged)
    #expect(try await result("merge", v1[2], v1[0], v1[1]) == yjs.merged)
    #expect(try await result("merge", v2[0], v2[1], v2[2]) == yjs.mergedV2)
    #expect(try await result("merge", v1[0], v2[1], v1[2]) == yjs.merged)
    #expect(try await result("merge", v1[0], v2[1], v1[2], "--format", "v2") == yjs.mergedV2)
    let gap = try #require(yjs.updates.first { $0.name == "skip" })
    #expect(try await result("merge", v1[0], v1[2]) == gap.v1)
  }

  @Test("An obfuscated update says nothing of what was written, has the same structure, and Yjs applies it")
  func obfuscate() async throws {
    let yjs = try await YjsUpdates.make()
    let host = try ClientHost.yjs()
    for update in yjs.updates {
      for (digits, kind) in [(update.v1, "update"), (update.v2, "update-v2")] {
        let file = try write(digits, "\(update.name).\(kind)")
        let obfuscated = try await result("obfuscate", file)
        let text = String(decoding: bytes(obfuscated), as: UTF8.self).lowercased()
        for word in ["secret", "letter", "theirs", "bold", "inner", "日", "example", "old"] {
          #expect(!text.contains(word), "\(update.name): \(word)")
        }
        let hidden = try write(obfuscated, "\(update.name)-obfuscated.\(kind)")
        #expect(try await structure(of: hidden) == structure(of: file), "\(update.name) \(kind)")
        let v1 = try await result("convert", hidden, "--to", "v1")
        let content = try await host.load(Data(bytes(v1)))
        #expect(update.name != "rich" || content.text.utf16.count == yjs.text.utf16.count, "\(content)")
      }
    }
  }

  /// What `inspect` tells of structs and deletions beside what they say and where they stand.
  private func structure(of file: String) async throws -> [JSON] {
    let outcome = try await syncctl("inspect", file, "--json", "--limit", "0")
    return try expectSchema("inspect", outcome.standardOutput).compactMap { line in
      guard case .object(var members) = line, members["part"] == "struct" || members["part"] == "deletion" else {
        return nil
      }
      for name in ["quotation", "offset", "length", "columns"] { members[name] = nil }
      // A key becomes another one.
      if members["key"] != nil { members["key"] = "" }
      return .object(members)
    }
  }

  @Test("What is no update, and a file that is not there, are refused with what to do")
  func refusals() async throws {
    let damaged = try write("0101010084010501610000", "damaged")
    for command in [["convert", damaged, "--to", "v2"], ["obfuscate", damaged], ["merge", damaged, damaged]] {
      let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, command))
      #expect(outcome.status == 1 && outcome.standardOutput.isEmpty, "\(outcome)")
      #expect(outcome.standardError.contains("byte 5, origin of the struct 1:0"), "\(outcome)")
      #expect(outcome.standardError.contains("syncctl inspect"), "\(outcome)")
    }
    for command in ["inspect", "convert", "obfuscate", "merge"] {
      let outcome = try await syncctl(command, folder.file("missing").path)
      #expect(outcome.status == 3 && outcome.standardError.contains("missing"), "\(outcome)")
    }
  }
}
