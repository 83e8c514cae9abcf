import CRDT
import Testing

/// What is expected of a run of client 1.
private struct Run: Equatable {
  let clock: Clock
  let count: Int
  let isDeleted: Bool
  let key: String?
  let content: UnitContent

  init(_ clock: Clock, _ count: Int, isDeleted: Bool = false, key: String? = nil, _ content: UnitContent) {
    (self.clock, self.count, self.isDeleted, self.key, self.content) = (clock, count, isDeleted, key, content)
  }
}

extension SharedType {
  fileprivate var runs: [Run] {
    unitRuns(limit: 10).map { Run($0.id.clock, $0.count, isDeleted: $0.isDeleted, key: $0.key, $0.content) }
  }
}

@Suite("Units of a type")
struct UnitRunTests {
  private static func document(collectsGarbage: Bool) -> Document {
    var options = Document.Options()
    options.collectsGarbage = collectsGarbage
    return Document(clientID: 1, options: options)
  }

  @Test("A deleted stretch of a text is a run of its own, with its content unless that was given up")
  func text() {
    for collectsGarbage in [true, false] {
      let text = Self.document(collectsGarbage: collectsGarbage).text("text")
      text.append("Hello")
      text.delete(at: 1, count: 3)
      #expect(
        text.runs == [
          Run(0, 1, .text("H")),
          Run(1, 3, isDeleted: true, collectsGarbage ? .collected : .text("ell")),
          Run(4, 1, .text("o")),
        ])
    }
  }

  @Test("Formatting marks are told from the text between them")
  func formats() {
    let text = Self.document(collectsGarbage: true).text("text")
    text.insert("ab", at: 0, ["bold": true])
    #expect(
      text.runs == [
        Run(0, 1, .format(name: "bold", value: true)), Run(1, 2, .text("ab")),
        Run(3, 1, .format(name: "bold", value: .null)),
      ])
  }

  @Test("A key has its values from the first to the last one")
  func keys() {
    let map = Self.document(collectsGarbage: false).map("map")
    map.set("first", forKey: "key")
    map.set("second", forKey: "key")
    #expect(
      map.runs == [
        Run(0, 1, isDeleted: true, key: "key", .values([.value("first")])),
        Run(1, 1, key: "key", .values([.value("second")])),
      ])
  }

  @Test("Pages of any size make up the whole", arguments: 1...7)
  func pages(limit: Int) {
    let document = Self.document(collectsGarbage: false)
    let array = document.array("array")
    for index in 0..<40 {
      array.insert(.number(Double(index)), at: index / 2)
      if index % 3 == 0 { array.delete(at: index / 4) }
    }
    var units: [UnitContent] = []
    var last: ItemID?
    while true {
      let page = array.unitRuns(after: last, limit: limit)
      guard let end = page.last else { break }
      #expect(page.reduce(0) { $0 + $1.count } <= limit)
      for run in page {
        guard case .values(let values) = run.content else { continue }
        units.append(contentsOf: values.map { UnitContent.values([$0]) })
      }
      last = ItemID(client: end.id.client, clock: end.id.clock + Clock(end.count - 1))
    }
    #expect(units.count == 40)
    #expect(array.unitRuns(after: ItemID(client: 2, clock: 0), limit: limit).isEmpty)
  }
}
