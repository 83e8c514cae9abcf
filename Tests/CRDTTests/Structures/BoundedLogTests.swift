import CRDT
import TestSupport
import Testing

@Suite("Bounded logs")
struct BoundedLogTests {
  @Test(
    "Whatever is trimmed concurrently, the newest entries are there, and after a trim only they",
    arguments: SeedRange.chosen(default: 300))
  func keepsTheNewest(seeds: SeedRange) throws {
    try forEachSeed(in: seeds, test: "BoundedLogTests") { random in
      let replicas = ThreeDocuments(random: &random)
      let countMax = 1 + random.below(12)
      var number: Int64 = 0
      try replicas.run(using: &random) { document, random in
        let log = BoundedLog(document.array("log"), countMax: countMax)
        document.transact {
          let values = (0..<(1 + random.below(4))).map { offset in Value(number + Int64(offset)) }
          number += Int64(values.count)
          log.append(contentsOf: values.map { BoundedLog.Entry($0) })
          // The same appends to an array that nobody trims.
          document.array("all").append(contentsOf: values)
        }
        if random.oneIn(4) { log.trim(now: 0) }
      }
      var outcomes: [[Value]] = []
      for document in replicas.documents {
        let log = BoundedLog(document.array("log"), countMax: countMax)
        let newest = Array(document.array("all").values.compactMap(\.value).suffix(countMax))
        let before = log.entries.map(\.value)
        guard before.suffix(countMax) == newest[...] else { return "\(before) does not end in \(newest)" }
        log.trim(now: 0)
        outcomes.append(log.entries.map(\.value))
        guard outcomes.last == newest else { return "\(outcomes) instead of \(newest)" }
      }
      try replicas.converge()
      let counts = replicas.documents.map { $0.array("log").count }
      return counts.allSatisfy { $0 == outcomes[0].count } ? nil : "trimming thrice leaves \(counts)"
    }
  }

  @Test("Appending drops old entries at the old end; trimming finds those behind younger ones")
  func dropsByAge() {
    let document = Document(clientID: 1)
    let log = BoundedLog(document.array("log"), countMax: 10, ageMax: 100)
    log.append("a", time: 1000)
    log.append("b", time: 1050)
    log.append("late", time: 900)
    log.append("timeless")
    log.append("c", time: 1101)
    #expect(log.entries.map(\.value) == ["b", "late", "timeless", "c"])
    log.trim(now: 1150)
    #expect(log.entries.map(\.value) == ["b", "timeless", "c"])
    log.trim(now: .max)
    log.trim(now: .min)
    #expect(log.entries.map(\.value) == ["timeless"])
    #expect(log.entries[0].time == nil)
  }

  @Test("Both directions pass over what is no entry, which goes by age of place")
  func foreignElements() {
    let document = Document(clientID: 1)
    let log = BoundedLog(document.array("log"), countMax: 8, ageMax: 10)
    log.array.append(contentsOf: ["text", 5, nil, ["time": 5], .bytes([1])])
    log.array.appendMap().set(1, forKey: "value")
    log.append("a", time: 7)
    log.array.append(["value": "b", "time": "noon", "more": 1])
    #expect(log.entries == [.init("a", time: 7), .init("b")])
    #expect(Array(log.oldestFirst) == log.entries)
    #expect(Array(log.newestFirst) == log.entries.reversed())
    log.append(contentsOf: (0..<7).map { .init(Value($0), time: (1 << 53) - 1) })
    #expect(log.array.count == 8)
    #expect(log.newestFirst.prefix(8).map(\.value) == [6, 5, 4, 3, 2, 1, 0, "b"])
  }

  @Test("A log that shrinks while it is read ends the reading early and does not trap")
  func shrinksWhileRead() {
    let document = Document(clientID: 1)
    let log = BoundedLog(document.array("log"), countMax: 20)
    log.append(contentsOf: (0..<10).map { .init(Value($0)) })
    var newest = log.newestFirst.makeIterator()
    var oldest = log.oldestFirst.makeIterator()
    #expect(newest.next()?.value == 9)
    for _ in 0..<3 { _ = oldest.next() }
    document.array("log").delete(at: 2, count: 8)
    #expect(newest.next()?.value == 1)
    #expect(oldest.next() == nil)
    document.array("log").delete(at: 0, count: 2)
    #expect(newest.next() == nil)
  }

  @Test("Entries appended offline stay together, in one of two places that every replica agrees on")
  func lateAppends() throws {
    for clients in [(1, 2), (2, 1)] as [(UInt64, UInt64)] {
      let online = Document(clientID: ClientID(rawValue: clients.0))
      let offline = Document(clientID: ClientID(rawValue: clients.1))
      let logs = [online, offline].map { BoundedLog($0.array("log"), countMax: 5) }
      logs[0].append(contentsOf: [.init("known 1"), .init("known 2")])
      try offline.apply(online.encodeUpdate())
      for number in 1...4 { logs[0].append(.string("new \(number)")) }
      logs[1].append("late 1")
      logs[1].append("late 2")
      try offline.apply(online.encodeUpdate())
      try online.apply(offline.encodeUpdate())
      let new: [Value] = ["new 1", "new 2", "new 3", "new 4"]
      let late: [Value] = ["late 1", "late 2"]
      let expected = ["known 2"] + (clients.0 < clients.1 ? new + late : late + new)
      for log in logs { #expect(log.entries.map(\.value) == expected) }
      for log in logs { log.trim(now: 0) }
      for log in logs { #expect(log.entries.map(\.value) == expected.suffix(5)) }
    }
  }
}
