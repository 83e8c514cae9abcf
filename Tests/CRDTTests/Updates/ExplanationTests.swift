import CRDT
import TestSupport
import Testing

/// What an explanation told, and where it ended.
private struct Told {
  var parts: [Explanation.Part] = []
  var damage: Explanation.Damage?

  init(_ bytes: [UInt8], as kind: Explanation.Kind) {
    do throws(Explanation.Damage) {
      try Explanation.explain(bytes, as: kind) { parts.append($0) }
    } catch {
      damage = error
    }
  }

  var structs: [Update.Struct] {
    parts.compactMap { if case .structure(let item) = $0.content { item } else { nil } }
  }

  var deletions: [(unit: ItemID, end: Clock, bytes: Range<Int>?)] {
    parts.compactMap { part in
      guard case .deletion(let client, let clocks) = part.content else { return nil }
      return (ItemID(client: client, clock: clocks.lowerBound), clocks.upperBound, part.bytes)
    }
  }
}

private func kind(_ format: UpdateFormat) -> Explanation.Kind { format == .v1 ? .update : .updateV2 }

private func refusal(of update: [UInt8], _ format: UpdateFormat) -> UpdateError? {
  do throws(UpdateError) {
    _ = try Update.inspect(update, format: format)
    return nil
  } catch {
    return error
  }
}

@Suite("Explanations of updates")
struct UpdateExplanationTests {
  static let updates: [(name: String, bytes: [UInt8], format: UpdateFormat)] =
    (UpdateFixture.yjs + UpdateFixture.yrs).flatMap { fixture in
      [("\(fixture.name) V1", fixture.v1, .v1), ("\(fixture.name) V2", fixture.v2, .v2)]
    }.filter { !$0.1.isEmpty }

  @Test("What is told of an update is what is in it", arguments: updates.indices)
  func content(index: Int) throws {
    let (name, bytes, format) = Self.updates[index]
    let told = Told(bytes, as: kind(format))
    let inspection = try Update.inspect(bytes, format: format)
    #expect(told.damage == nil, "\(name)")
    #expect(told.structs == inspection.structs, "\(name)")
    let deletions = told.deletions
    #expect(
      deletions.map(\.unit) == inspection.deletions.map { ItemID(client: $0.client, clock: $0.clocks.lowerBound) })
    #expect(deletions.map(\.end) == inspection.deletions.map(\.clocks.upperBound), "\(name)")
    if format == .v1 { #expect(deletions.map(\.bytes) == inspection.deletions.map(\.bytes), "\(name)") }
  }

  @Test("The parts of an update V1 fill it without gaps", arguments: updates.indices)
  func places(index: Int) {
    let (name, bytes, format) = Self.updates[index]
    guard format == .v1 else { return }
    var end = 0
    for part in Told(bytes, as: .update).parts {
      #expect(part.bytes?.lowerBound == end, "\(name)")
      end = part.bytes?.upperBound ?? 0
    }
    #expect(end == bytes.count, "\(name)")
  }

  @Test(
    "The columns of an update V2 fill it but for their lengths, and structs stand in them", arguments: updates.indices)
  func columns(index: Int) {
    let (name, bytes, format) = Self.updates[index]
    guard format == .v2 else { return }
    let parts = Told(bytes, as: .updateV2).parts
    var columns: [Explanation.Column.Name: Range<Int>] = [:]
    var end = 1
    for part in parts {
      guard case .column(let column) = part.content, let place = part.bytes else { continue }
      // The length of the column stands between.
      #expect(place.lowerBound - end == (column == .rest ? 0 : place.count < 128 ? 1 : 2), "\(name)")
      (columns[column], end) = (place, place.upperBound)
    }
    #expect(end == bytes.count && columns.count == Explanation.Column.Name.allCases.count, "\(name)")
    for part in parts {
      for column in part.columns {
        let place = columns[column.name] ?? 0..<0
        #expect(place.lowerBound <= column.bytes.lowerBound && column.bytes.upperBound <= place.upperBound, "\(name)")
        guard column.name == .strings, case .structure(let item) = part.content, item.parent == nil else { continue }
        guard case .text(let text) = item.content else { continue }
        #expect(Array(bytes[column.bytes]) == Array(text.utf8), "\(name)")
      }
    }
  }

  @Test("An update that ends early is explained up to there, at every length", arguments: updates.indices)
  func truncated(index: Int) {
    let (name, bytes, format) = Self.updates[index]
    let structs = Told(bytes, as: kind(format)).structs
    for length in bytes.indices {
      let told = Told(Array(bytes[..<length]), as: kind(format))
      #expect(
        told.damage != nil && told.damage?.error == refusal(of: Array(bytes[..<length]), format), "\(name) \(length)")
      #expect(told.damage.map { (0...length).contains($0.error.byteOffset) } == true, "\(name) \(length)")
      guard format == .v1 else { continue }
      #expect(told.structs == structs.filter { $0.bytes!.upperBound <= length }, "\(name) \(length)")
    }
  }

  @Test("An update V1 that is cut at a struct is damaged there", arguments: updates.indices)
  func cutAtStruct(index: Int) {
    let (name, bytes, format) = Self.updates[index]
    guard format == .v1 else { return }
    for item in Told(bytes, as: .update).structs {
      let start = item.bytes!.lowerBound
      let damage = Told(Array(bytes[..<start]), as: .update).damage
      #expect(damage?.error == UpdateError(.truncated, at: start), "\(name)")
      #expect(damage?.field == "first byte of the struct \(item.id)", "\(name)")
    }
  }

  @Test("With a bit that is wrong, an explanation ends where a document refuses the update", arguments: updates.indices)
  func flipped(index: Int) {
    let (name, bytes, format) = Self.updates[index]
    for position in bytes.indices {
      for bit in 0..<8 {
        var wrong = bytes
        wrong[position] ^= 1 << bit
        let told = Told(wrong, as: kind(format))
        #expect(told.damage?.error == refusal(of: wrong, format), "\(name) \(hex(wrong))")
        if let damage = told.damage { #expect(!damage.field.isEmpty, "\(name) \(hex(wrong))") }
      }
    }
  }

  @Test(
    "A damage names the field",
    arguments: [
      ("01 01 01 00 0b 01", 4, "kind of content of the struct 1:0"),
      ("01 01 01 00 84 01 05 01 61 00", 5, "origin of the struct 1:0"),
      ("01 01 01 00 c4 02 00 02 ff ff ff ff ff 0f 01 61 00", 8, "right origin's clock of the struct 1:0"),
      ("01 01 01 00 04 02 01 74 01 61 00", 5, "kind of parent of the struct 1:0"),
      ("01 01 01 00 04 01 02 74 ff 01 61 00", 6, "root's name of the struct 1:0"),
      ("01 01 01 00 24 01 01 74 05 6b", 8, "key of the struct 1:0"),
      ("01 01 01 00 08 01 01 74 02 7e 01", 10, "value 1 of the struct 1:0"),
      ("01 01 01 00 06 01 01 74 01 6b 05 74", 10, "format's value of the struct 1:0"),
      ("01 01 01 00 07 01 01 74 09 00", 8, "kind of type of the struct 1:0"),
      ("01 01 01 00 09 01 01 74 01 67", 10, "subdocument's options of the struct 1:0"),
      ("01 01 01 00 00 00 00", 4, "length of the struct 1:0"),
      ("01 02 01 00 00 01", 6, "first byte of the struct 1:1"),
      ("01 01 01 ff ff ff ff ff 0f", 3, "first clock of client 1"),
      ("00 01 01 02 05 01 07", 7, "length of a deletion of client 1"),
      ("00 01 01 01 ff ff ff ff 0f 05", 4, "deletion of client 1"),
      ("00 00 00", 2, "end"),
    ])
  func fields(digits: String, byteOffset: Int, field: String) {
    let damage = Told(bytes(digits), as: .update).damage
    #expect(damage?.error.byteOffset == byteOffset)
    #expect(damage?.field == field)
  }

  @Test(
    "A damage in format V2 names the column",
    arguments: [
      ("01", 0, "feature flag"),
      ("00 00 05 01", 2, "length of the column clients"),
      ("00 00 01 01 00 00 01 0b 07 04 74616263 01 03 01 01 00 00 01 01 00 00", 7, "column infos of the struct 1:0"),
      ("00 00 00 00 00 01 04 07 04 74616263 01 03 01 01 00 00 01 01 00 00", 3, "column clients"),
      (
        "00 00 01 01 00 00 01 04 07 04 74616263 01 03 01 05 00 00 01 01 00 00", 17,
        "column parent-infos of the struct 1:0"
      ),
      ("00 00 01 01 00 00 01 04 07 04 74ff6263 01 03 01 01 00 00 01 01 00 00", 9, "column strings"),
    ])
  func columnFields(digits: String, byteOffset: Int, field: String) {
    let damage = Told(bytes(digits), as: .updateV2).damage
    #expect(damage?.error.byteOffset == byteOffset)
    #expect(damage?.field == field)
  }

  @Test("Structs that take no bytes are explained one by one, in little memory")
  func manyStructs() {
    // Collected structs of one unit each: a column of 11 bytes says so for ever.
    var writer = ByteWriter()
    for byte in bytes("00 00 01 01 00 00 01 00 02 01 00 00 00 09 41 ff ff ff ff ff ff ff 0f 01") {
      writer.writeByte(byte)
    }
    writer.writeVarUInt(1 << 20)
    for byte in bytes("00 00") { writer.writeByte(byte) }
    let before = peakMemoryBytes()
    var structs = 0
    #expect(throws: Never.self) {
      try Explanation.explain(writer.bytes(), as: .updateV2) { part in
        if case .structure = part.content { structs += 1 }
      }
    }
    #expect(structs == 1 << 20)
    #expect(peakMemoryBytes() - before < 256 << 20)
  }
}

@Suite("Explanations of what is no update")
struct ExplanationTests {
  @Test("Messages are explained with what is inside of them")
  func messages() throws {
    let document = Document(clientID: 1)
    document.text("t").insert("a", at: 0)
    var writer = ByteWriter()
    writer.writeSyncStep1(document.stateVector)
    writer.writeSyncStep2(document.encodeUpdate())
    writer.writeAwarenessMessage(AwarenessUpdate([AwarenessEntry(client: 1, clock: 2, state: Array("{}".utf8))]))
    let bytes = writer.bytes()
    let told = Told(bytes, as: .message)
    #expect(told.damage == nil)
    let names = told.parts.compactMap { if case .message(let name, _) = $0.content { name } else { nil } }
    #expect(names == ["sync step 1", "sync step 2", "awareness"])
    #expect(told.parts.contains { $0.depth == 2 && $0.content == .clock(client: 1, clock: 1) })
    #expect(
      told.parts.contains {
        $0.depth == 2 && $0.content == .state(AwarenessEntry(client: 1, clock: 2, state: Array("{}".utf8)))
      })
    let item = try #require(told.structs.first)
    #expect(item.content == .text("a") && hex(bytes[item.bytes!]) == "040101740161")
  }

  @Test("A message whose content is cut off is explained as far as it goes")
  func truncatedMessage() {
    let told = Told(bytes("00 02 0c 01 02 01 00 04 01 01 74 01 61 84"), as: .message)
    #expect(told.structs.map(\.content) == [.text("a")])
    #expect(told.damage == Explanation.Damage(UpdateError(.truncated, at: 2), field: "length of the update"))
    let inner = Told(bytes("00 02 04 01 01 01 00 03"), as: .message)
    #expect(
      inner.damage?.error == UpdateError(.truncated, at: 7) && inner.damage?.field == "first byte of the struct 1:0")
  }

  @Test("State vectors, snapshots and positions are explained")
  func others() {
    let vector = Told(StateVector([1: 5, 9: 2]).encode(), as: .stateVector)
    #expect(vector.parts.map(\.content).dropFirst() == [.clock(client: 9, clock: 2), .clock(client: 1, clock: 5)])
    var deleted = IDSet()
    deleted.insert(3..<5, of: 1)
    deleted.insert(8..<9, of: 1)
    let snapshot = Snapshot(deleteSet: deleted, stateVector: StateVector([1: 9]))
    for (format, kind) in [(UpdateFormat.v1, Explanation.Kind.snapshot), (.v2, .snapshotV2)] {
      let told = Told(snapshot.encode(format: format), as: kind)
      #expect(told.damage == nil)
      #expect(told.deletions.map(\.unit.clock) == [3, 8] && told.deletions.map(\.end) == [5, 9])
      #expect(told.parts.last?.content == .clock(client: 1, clock: 9))
    }
    for position in [
      RelativePosition(item: ItemID(client: 1, clock: 4)), RelativePosition(endOf: .root("t"), association: .previous),
      RelativePosition(endOf: .nested(ItemID(client: 2, clock: 0))),
    ] {
      #expect(Told(position.encode(), as: .relativePosition).parts.map(\.content) == [.position(position)])
    }
  }

  @Test("Any bytes are either explained to the end or damaged within them", arguments: 0..<50 as Range<UInt64>)
  func randomBytes(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<40 {
      // Small numbers look like something more often.
      let bytes = (0..<random.below(60)).map { _ in
        random.oneIn(2) ? UInt8(random.below(12)) : UInt8(truncatingIfNeeded: random.next())
      }
      check(bytes)
    }
  }

  private func check(_ bytes: [UInt8]) {
    for kind in Explanation.Kind.allCases {
      let told = Told(bytes, as: kind)
      for place in told.parts.compactMap(\.bytes) {
        #expect(place.lowerBound >= 0 && place.upperBound <= bytes.count, "\(hex(bytes))")
      }
      if let damage = told.damage { #expect((0...bytes.count).contains(damage.error.byteOffset), "\(hex(bytes))") }
    }
    func isWhole(_ kind: Explanation.Kind) -> Bool { Told(bytes, as: kind).damage == nil }
    #expect(isWhole(.stateVector) == ((try? StateVector(decoding: bytes)) != nil), "\(hex(bytes))")
    #expect(isWhole(.snapshot) == ((try? Snapshot(decoding: bytes)) != nil), "\(hex(bytes))")
    #expect(isWhole(.snapshotV2) == ((try? Snapshot(decoding: bytes, format: .v2)) != nil), "\(hex(bytes))")
    #expect(isWhole(.relativePosition) == ((try? RelativePosition(decoding: bytes)) != nil), "\(hex(bytes))")
    let isAwareness = bytes.withUnsafeBytes { (try? AwarenessUpdate(decoding: $0)) != nil }
    #expect(isWhole(.awareness) == isAwareness, "\(hex(bytes))")
  }
}
