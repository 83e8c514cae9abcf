import CRDT
import Foundation
import GRDB

extension RoomSalvage {
  /// Saves the log behind a snapshot.
  ///
  /// - Returns: The number of the last update.
  mutating func saveLog(_ log: DamagedStore.Numbers, behind start: Int64) throws -> Int64 {
    let firstLoss = losses.count
    var (expected, number, time) = (start + 1, start, Int64(0))
    var hasGap = false
    for sequence in log.values where sequence > start {
      let gap = sequence - expected
      if gap > 0 {
        hasGap = true
        lose(RoomSalvage.updates(expected, sequence - 1), log.failure ?? RoomSalvage.missing, saved: "")
        for _ in 0..<(gap <= RoomSalvage.gapMax ? gap : 0) {
          number += 1
          try append(number, .unknown, time, RoomSalvage.emptyUpdate)
        }
      }
      expected = sequence + 1
      number += 1
      let update = update(sequence)
      time = update.time ?? time
      if let failure = update.failure ?? failure(applying: update.bytes, to: document) {
        lose(RoomSalvage.updates(sequence, sequence), failure, saved: "")
        try append(number, .unknown, time, RoomSalvage.emptyUpdate)
      } else {
        try append(number, update.author, time, update.bytes)
      }
    }
    let waits = document.pending == nil ? "" : "; what builds on it waits until somebody brings it"
    for index in firstLoss..<losses.count { losses[index].saved = "the updates before and behind it\(waits)" }
    if let failure = log.failure, !hasGap {
      lose("the end of its log", failure, saved: number > start ? "the updates up to \(number)" : "nothing of it")
    }
    return number
  }

  /// One or several updates, by their numbers.
  static func updates(_ first: Int64, _ last: Int64) -> String {
    first == last ? "update \(first)" : "updates \(first) to \(last)"
  }

  /// An update of the log, as far as it can be read.
  func update(_ sequence: Int64) -> (bytes: [UInt8], author: Author, time: Int64?, failure: String?) {
    let subject = source.has("subject", in: "updates") ? "subject" : "''"
    let sql = "SELECT source, \(subject), time, bytes FROM updates WHERE document = \(id) AND sequence = \(sequence)"
    switch source.row(sql) {
    case .row(let values):
      let subject = values[1].text.flatMap { $0.isEmpty ? nil : $0 }
      let author = Author(subject: subject, source: values[0].text ?? Author.unknown.source)
      return (values[3].bytes ?? [], author, values[2].integer, nil)
    case .missing: return ([], .unknown, nil, RoomSalvage.missing)
    case .unreadable(let reason): return ([], .unknown, nil, reason)
    }
  }

  private func append(_ sequence: Int64, _ author: Author, _ time: Int64, _ bytes: [UInt8]) throws {
    let statement = try target.cachedStatement(
      sql: "INSERT INTO updates(document, sequence, source, subject, time, bytes) VALUES (?, ?, ?, ?, ?, ?)")
    try statement.execute(arguments: [id, sequence, author.source, author.subject ?? "", time, Data(bytes)])
  }
}
