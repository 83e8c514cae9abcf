import CRDT
import Foundation
import TestSupport
import Testing

/// `inspect` explains what Yjs and yrs write, and says where bytes are damaged.
@Suite struct InspectCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ bytes: some Sequence<UInt8>, _ name: String = "input") throws -> String {
    let file = folder.file(name)
    try Data(bytes).write(to: file)
    return file.path
  }

  /// What `inspect --json` says, each line as it is documented.
  private func explained(_ bytes: [UInt8], _ arguments: String...) async throws -> (status: Int32, lines: [JSON]) {
    let outcome = try await outcome(
      of: ChildProcess(TestFiles.syncctl, ["inspect", try write(bytes), "--json"] + arguments))
    return (outcome.status, try expectSchema("inspect", outcome.standardOutput))
  }

  private func parts(_ name: String, in lines: [JSON]) -> [JSON] { lines.filter { $0["part"] == .string(name) } }

  /// The members in which a struct is described by Yjs.
  private func outline(_ line: JSON) -> JSON {
    .object([
      "client": line["client"] ?? .null, "clock": line["clock"] ?? .null, "units": line["units"] ?? .null,
      "content": line["content"] ?? .null, "origin": line["origin"] ?? .null,
      "rightOrigin": line["rightOrigin"] ?? .null, "root": line["parent"]?["root"] ?? .null,
      "item": line["parent"]?["item"] ?? .null, "key": line["key"] ?? .null,
    ])
  }

  @Test("Every struct and deletion of what Yjs wrote is told as Yjs reads it, in both formats")
  func yjs() async throws {
    let yjs = try await YjsUpdates.make()
    for update in yjs.updates {
      for (digits, kind) in [(update.v1, "update"), (update.v2, "update-v2")] {
        let (status, lines) = try await explained(bytes(digits))
        #expect(status == 0, "\(update.name)")
        #expect(lines.first?["kind"] == .string(kind), "\(update.name)")
        #expect(parts("struct", in: lines).map(outline) == update.structs, "\(update.name) \(kind)")
        let deletions = parts("deletion", in: lines).map { deletion in
          JSON.object(["client": deletion["client"]!, "clock": deletion["clock"]!, "units": deletion["units"]!])
        }
        #expect(deletions == update.deletions, "\(update.name) \(kind)")
        #expect(lines.first?["structs"] == .number(Double(update.structs.count)))
      }
    }
    let found = Set(yjs.updates.flatMap(\.structs).compactMap { $0["content"] })
    #expect(found.count == 11, "\(found)")
  }

  @Test("What yrs wrote is explained, and applying it gives what yrs shows")
  func yrs() async throws {
    let yrs = try await YrsUpdates.make()
    let (status, lines) = try await explained(bytes(yrs.update))
    #expect(status == 0 && lines.first?["kind"] == "update")
    let end = parts("struct", in: lines).reduce(0) { $0 + (Int("\($1["units"]!.integer)") ?? 0) }
    let (_, clocks) = try await explained(bytes(yrs.stateVector))
    #expect(parts("clock", in: clocks).first?["clock"] == .number(Double(end)))
    let json = try await syncctl(["convert", "-", "--to", "json"], input: Data(yrs.update.utf8))
    #expect(try json.json()["text"] != nil && json.standardOutput.contains("Sret"), "\(json)")
  }

  @Test("State vectors, snapshots and positions by Yjs are recognised and explained")
  func others() async throws {
    let yjs = try await YjsUpdates.make()
    let (_, vector) = try await explained(bytes(yjs.stateVector))
    #expect(vector.first?["kind"] == "state-vector")
    let clocks = parts("clock", in: vector).map { [$0["client"]!.integer, $0["clock"]!.integer] }
    #expect(clocks == yjs.clocks.map { $0.map { Int($0) } })
    for (digits, kind) in [(yjs.snapshot, "snapshot"), (yjs.snapshotV2, "snapshot-v2")] {
      let (status, snapshot) = try await explained(bytes(digits), "--as", kind)
      #expect(status == 0 && parts("clock", in: snapshot).count == clocks.count, "\(kind)")
      #expect(!parts("deletion", in: snapshot).isEmpty, "\(kind)")
    }
    let (_, position) = try await explained(bytes(yjs.relativePosition))
    #expect(position.first?["kind"] == "relative-position")
    #expect(parts("position", in: position).first?["item"] == yjs.item)
  }

  @Test("Cut at any struct, an update is damaged exactly there, and all before is told")
  func cut() async throws {
    let update = try #require(try await YjsUpdates.make().updates.first { $0.name == "rich" })
    let whole = bytes(update.v1)
    let (_, lines) = try await explained(whole)
    let structs = parts("struct", in: lines)
    for index in [0, 3, structs.count - 1] {
      let offset = try #require(structs[index]["offset"]).integer
      let (status, lines) = try await explained(Array(whole[..<offset]), "--as", "update")
      #expect(status == 1)
      #expect(parts("struct", in: lines) == Array(structs[..<index]))
      let damage = try #require(lines.last)
      #expect(damage["part"] == "damage" && damage["offset"] == .number(Double(offset)), "\(damage)")
      #expect(damage["code"] == "truncated")
    }
  }

  @Test("A damage is one line on each stream, with the byte, the field and the reason, and exit code 1")
  func damage() async throws {
    let file = try write(bytes("01 01 01 00 84 01 05 01 61 00"))
    let outcome = try await syncctl("inspect", file)
    let place = "byte 5, origin of the struct 1:0: a struct refers to a later unit of its own client"
    #expect(outcome.status == 1)
    #expect(outcome.standardOutput.hasSuffix("damaged at \(place)\n"), "\(outcome)")
    #expect(outcome.standardError.split(separator: "\n").count == 1 && outcome.standardError.contains(place))
  }

  @Test("Hexadecimal, Base64 and raw bytes are told apart, from a file and from standard input")
  func encodings() async throws {
    let update = bytes("01 01 01 00 04 01 01 74 03 61 62 63 00")
    let base64 = Data(update).base64EncodedString()
    for (text, encoding) in [
      (Data(hex(update).utf8), "hex"), (Data("01 01 0100 0401 0174 0361 6263 00".utf8), "hex"),
      (Data(base64.utf8), "base64"), (Data(base64.replacing("=", with: "").utf8), "base64"),
    ] {
      let outcome = try await syncctl(["inspect", "-", "--json"], input: text)
      let lines = try expectSchema("inspect", outcome.standardOutput)
      #expect(outcome.status == 0 && lines.first?["encoding"] == .string(encoding), "\(outcome)")
      #expect(parts("struct", in: lines).first?["quotation"] == "abc")
    }
    let raw = try await syncctl("inspect", try write(update))
    #expect(raw.status == 0 && raw.standardOutput.contains("1:0 +3 text \"abc\", in root \"t\""), "\(raw)")
  }

  @Test("When bytes are several things, it says which it took and what else they are")
  func ambiguous() async throws {
    let (status, lines) = try await explained([0, 0])
    #expect(status == 0 && lines.first?["kind"] == "update")
    #expect(lines.first?["alsoFits"] == ["snapshot", "snapshot-v2"])
    let (_, chosen) = try await explained([0, 0], "--as", "snapshot")
    #expect(chosen.first?["kind"] == "snapshot" && chosen.first?["alsoFits"] == [])
  }

  @Test("Bytes that end early are taken for what they were")
  func truncatedKinds() async throws {
    let update = try #require(try await YjsUpdates.make().updates.first)
    var message = ByteWriter()
    message.writeUpdateMessage(bytes(update.v1))
    var multiplexed = ByteWriter()
    multiplexed.writeVarString("notes")
    multiplexed.writeUpdateMessage(bytes(update.v1))
    for (whole, kind) in [
      (bytes(update.v1), "update"), (bytes(update.v2), "update-v2"), (message.bytes(), "message"),
      (multiplexed.bytes(), "multiplexed"),
    ] {
      for length in [whole.count / 2, whole.count * 4 / 5] {
        let (status, lines) = try await explained(Array(whole[..<length]))
        #expect(status == 1 && lines.first?["kind"] == .string(kind), "\(length): \(lines.first ?? .null)")
      }
    }
  }

  @Test("No more lines are written than asked for, and how many there were")
  func limit() async throws {
    // Many structs in a few bytes.
    let update = bytes(
      "00 00 01 01 00 00 01 00 02 01 00 00 00 09 41 ff ff ff ff ff ff ff 0f 01 80 80 04 00 00")
    let (status, lines) = try await explained(update, "--limit", "20")
    #expect(status == 0 && lines.count == 22)
    #expect(lines.first?["structs"] == .number(65_536))
    #expect(lines.last?["count"] == .number(65_536 + 13 - 20), "\(lines.last!)")
  }
}

extension JSON {
  /// The whole number that a value is; −1 for all else.
  fileprivate var integer: Int { if case .number(let number) = self { Int(number) } else { -1 } }
}
