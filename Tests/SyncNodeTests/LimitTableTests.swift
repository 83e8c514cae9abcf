import Foundation
import TestSupport
import Testing

@testable import SyncNode

@Suite("The table of limits")
struct LimitTableTests {
  @Test("Every limit has a name of its own, a default within its range, and changes nothing but itself")
  func entries() {
    #expect(Set(Limits.table.map(\.name)).count == Limits.table.count)
    for entry in Limits.table {
      #expect(entry.range.contains(entry.defaultValue), "\(entry.name)")
      #expect(entry.name.allSatisfy { $0.isLowercase || $0 == "-" }, "\(entry.name)")
      #expect(entry.meaning.hasSuffix(".") && entry.consequence.hasSuffix("."), "\(entry.name)")
      #expect(entry.value(entry.text(entry.defaultValue)) == entry.defaultValue, "\(entry.name)")
      var limits = Limits()
      limits[entry] = entry.range.lowerBound
      #expect(limits[entry] == entry.range.lowerBound, "\(entry.name)")
      for other in Limits.table where other.name != entry.name {
        #expect(limits[other] == other.defaultValue, "\(entry.name) changes \(other.name)")
      }
    }
  }

  @Test("All that is bounded is in the table")
  func complete() {
    // Each field is a number, but for those of presence.
    let fields = Mirror(reflecting: Limits()).children.flatMap { child in
      child.value is Int ? [child.label] : Mirror(reflecting: child.value).children.map(\.label)
    }
    #expect(fields.count == Limits.table.count)
  }

  @Test("The documentation's table is the one that holds")
  func documentation() throws {
    let rows = Limits.table.map { entry in
      "| `\(entry.name)` | \(entry.text(entry.defaultValue)) | \(entry.unit.rawValue) "
        + "| \(entry.meaning) | \(entry.consequence) |"
    }
    let file = TestEnvironment.packageRoot.appending(path: "Sources/SyncNode/SyncNode.docc/Limits.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    let documented = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { String($0) }
    #expect(documented == rows, "it should be:\n\(rows.joined(separator: "\n"))")
  }

  @Test("Values are whole numbers within their range, with units where they are bytes")
  func values() throws {
    let bytes = try #require(Limits.table.first { $0.name == "message-bytes" })
    let count = try #require(Limits.table.first { $0.name == "rooms-per-peer" })
    for (text, value) in [
      ("1024", 1024), ("4MiB", 4 << 20), ("1GiB", 1 << 30), ("1023", nil), ("2GiB", nil), ("4 MiB", nil), ("-1", nil),
      ("+2048", nil), ("1e6", nil), ("", nil), ("MiB", nil), ("9999999999TiB", nil), ("none", nil), ("٤096", nil),
    ] as [(String, Int?)] {
      #expect(bytes.value(text) == value, "\(text)")
    }
    #expect(count.value("none") == .max && count.value("0") == nil && count.value("1KiB") == nil)
    #expect(bytes.text(3 << 19) == "1536KiB" && count.text(1024) == "1024" && count.text(.max) == "none")
  }
}
