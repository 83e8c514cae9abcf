import CRDT
import Foundation
import TestSupport
import Testing

/// An update of one kind of content, as another implementation wrote it; the programs that wrote them stand beside the
/// files in `Fixtures`.
struct UpdateFixture: CustomTestStringConvertible, Sendable {
  let name: String
  let v1: [UInt8]
  /// Empty where the implementation writes no V2.
  let v2: [UInt8]

  var testDescription: String { name }

  static func all(_ file: String) -> [UpdateFixture] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures")
    let lines = try! String(contentsOf: folder.appending(path: file), encoding: .utf8).split(separator: "\n")
    return lines.map { line in
      let fields = line.split(separator: " ").map(String.init)
      return UpdateFixture(name: fields[0], v1: bytes(fields[1]), v2: fields.count > 2 ? bytes(fields[2]) : [])
    }
  }

  static let yjs = all("yjs-updates.txt")
  static let yrs = all("yrs-updates.txt")
}

@Suite("Updates of every kind of content, written by others")
struct UpdateFixtureTests {
  @Test("A document that has read what Yjs wrote writes it again, in either format", arguments: UpdateFixture.yjs)
  func documents(fixture: UpdateFixture) throws {
    for (update, format) in [(fixture.v1, UpdateFormat.v1), (fixture.v2, .v2)] {
      let document = Document(clientID: 9)
      let result = try document.apply(update, format: format)
      #expect(result.isPending == (fixture.name == "skip"))
      #expect(hex(document.encodeUpdate()) == hex(fixture.v1))
      #expect(hex(document.encodeUpdate(format: .v2)) == hex(fixture.v2))
    }
  }

  @Test("Each format of what Yjs wrote is converted to the other one", arguments: UpdateFixture.yjs)
  func conversion(fixture: UpdateFixture) throws {
    // Without a document, the key bit is written only where a key follows.
    let v1 = try Update.convert(fixture.v2, from: .v2, to: .v1)
    let v2 = try Update.convert(fixture.v1, from: .v1, to: .v2)
    #expect(try Update.convert(v1, from: .v1, to: .v2) == v2)
    #expect(try Update.convert(v2, from: .v2, to: .v1) == v1)
    if fixture.name != "overwritten" {
      #expect(hex(v1) == hex(fixture.v1))
      #expect(hex(v2) == hex(fixture.v2))
    }
  }

  @Test("What yrs wrote is the same document in both formats", arguments: UpdateFixture.yrs)
  func yrs(fixture: UpdateFixture) throws {
    let v2 = try Update.convert(fixture.v1, from: .v1, to: .v2)
    let (one, two) = (Document(clientID: 9), Document(clientID: 9))
    try one.apply(fixture.v1)
    try two.apply(v2, format: .v2)
    #expect(one.pending == nil && !one.stateVector.isEmpty)
    #expect(hex(one.encodeUpdate(format: .v2)) == hex(two.encodeUpdate(format: .v2)))
    #expect(one.jsonString() == two.jsonString())
  }

  @Test("Inspecting finds every kind of content among what Yjs wrote")
  func kinds() throws {
    var found: Set<String> = []
    for fixture in UpdateFixture.yjs {
      let one = try Update.inspect(fixture.v1)
      var two = try Update.inspect(fixture.v2, format: .v2)
      // Only V1 has places.
      for index in two.structs.indices { two.structs[index].bytes = one.structs[index].bytes }
      for index in two.deletions.indices { two.deletions[index].bytes = one.deletions[index].bytes }
      #expect(one == two, "\(fixture.name)")
      for entry in one.structs { found.insert(Self.kind(of: entry.content)) }
      try checkPlaces(one, in: fixture)
    }
    #expect(
      found == [
        "collected", "skipped", "deleted", "text", "values", "legacyValues", "bytes", "embed", "format", "document",
        "array", "map", "text type", "xmlElement", "xmlFragment", "xmlHook", "xmlText",
      ])
  }

  /// Structs and deletions fill the update but for counts and section heads.
  private func checkPlaces(_ inspection: Update.Inspection, in fixture: UpdateFixture) throws {
    var end = 0
    for place in inspection.structs.map(\.bytes) + inspection.deletions.map(\.bytes) {
      let place = try #require(place)
      #expect(place.lowerBound >= end && place.upperBound > place.lowerBound, "\(fixture.name)")
      end = place.upperBound
    }
    #expect(end <= fixture.v1.count)
  }

  private static func kind(of content: Update.Payload) -> String {
    switch content {
    case .collected: "collected"
    case .skipped: "skipped"
    case .deleted: "deleted"
    case .text: "text"
    case .values: "values"
    case .legacyValues: "legacyValues"
    case .bytes: "bytes"
    case .embed: "embed"
    case .format: "format"
    case .type(.text, _): "text type"
    case .type(let kind, _): "\(kind)"
    case .document: "document"
    }
  }

  @Test(
    "Obfuscated updates keep structs and deletions, and say nothing of what was written", arguments: UpdateFixture.yjs)
  func obfuscation(fixture: UpdateFixture) throws {
    let before = try Update.inspect(fixture.v1)
    let obfuscated = try Update.obfuscate(fixture.v1)
    let after = try Update.inspect(obfuscated)
    #expect(after.structs.map(\.id) == before.structs.map(\.id))
    #expect(after.structs.map(\.length) == before.structs.map(\.length))
    #expect(after.structs.map(\.origin) == before.structs.map(\.origin))
    #expect(after.structs.map(\.rightOrigin) == before.structs.map(\.rightOrigin))
    #expect(after.structs.map(\.parent) == before.structs.map(\.parent))
    #expect(after.structs.map { Self.kind(of: $0.content) } == before.structs.map { Self.kind(of: $0.content) })
    #expect(after.deletions.map(\.clocks) == before.deletions.map(\.clocks))
    let text = String(decoding: obfuscated, as: UTF8.self)
    for secret in ["abc", "bold", "plain", "the-guid", "note", "words", "hook\u{0}", "wide", "shared", "x.png"] {
      #expect(!text.contains(secret))
    }
    let fromV2 = try Update.obfuscate(fixture.v2, format: .v2)
    #expect(try Update.convert(fromV2, from: .v2, to: .v1) == obfuscated)
    try Document(clientID: 9).apply(obfuscated)
  }

  @Test("Obfuscated content is the number of its struct; equal keys and formats stay equal")
  func obfuscatedContent() throws {
    let document = Document(clientID: 1)
    let text = document.text("t")
    text.insert("secret", at: 0)
    let map = document.map("m")
    map.set("value", forKey: "name")
    map.set(1, forKey: "other")
    map.set(2, forKey: "name")
    let inspection = try Update.inspect(try Update.obfuscate(document.encodeUpdate()))
    #expect(
      inspection.structs.map(\.content) == [.text("000000"), .deleted, .values([2]), .values([3])])
    #expect(inspection.structs.map(\.key) == [nil, "1", "2", nil])
    #expect(inspection.structs[1].parent == .root("m"))
    #expect(inspection.deletions.map(\.clocks) == [6..<7])
  }
}
