import CRDT
import Foundation
import GRDB

// What is before the log: the snapshot, and the history that makes it.
extension RoomSalvage {
  /// What is stored as the snapshot.
  private struct Snapshot {
    /// Nil where it cannot be read.
    var sequence: Int64?
    var time: Int64 = 0
    var bytes: [UInt8]?
    /// Why it cannot be saved; nil when it can, or when there is none.
    var failure: String?
    var isThere: Bool { sequence != nil || failure != nil }
  }

  /// Saves the history and the snapshot.
  ///
  /// - Parameter isRecreated: Whether the log may begin with any number.
  /// - Returns: The number of the last update that the snapshot covers; 0 when there is none.
  mutating func saveBeginning(_ log: DamagedStore.Numbers, isRecreated: Bool) throws -> Int64 {
    var snapshot = snapshot()
    if let bytes = snapshot.bytes, let failure = failure(applying: bytes, to: document) {
      snapshot.failure = failure
      snapshot.bytes = nil
    }
    let lossesBefore = losses.count
    let (past, end) = try saveHistory(
      upTo: snapshot.sequence ?? .max,
      saved: snapshot.bytes == nil ? "nothing of it" : "what it brought, by an unknown author")
    let isHistoryWhole = losses.count == lossesBefore && end > 0
    let beforeLog = max((log.values.first ?? 1) - 1, 0)
    if !snapshot.isThere {
      guard end > 0 else { return isRecreated ? beforeLog : 0 }
      // What is folded out of a log is in a snapshot, too.
      snapshot.failure = RoomSalvage.missing
    }
    let sequence = snapshot.sequence ?? (end > 0 ? end : beforeLog)
    var isMadeAnew = snapshot.bytes == nil
    if end > 0, isMadeAnew || past.snapshot != document.snapshot {
      _ = failure(applying: past.encodeUpdate(), to: document)
      if let bytes = snapshot.bytes { isMadeAnew = !RoomSalvage.makes(bytes, document) }
    }
    // These are in the snapshot.
    for number in log.values where number <= sequence && snapshot.isThere {
      let update = update(number)
      guard update.failure == nil, failure(applying: update.bytes, to: document) == nil else { continue }
      isMadeAnew = isMadeAnew || !RoomSalvage.makes(snapshot.bytes ?? [], document)
    }
    if let failure = snapshot.failure {
      let saved =
        isHistoryWhole && end >= sequence
        ? "all of it, made anew from its history"
        : end > 0 ? "what its history has, up to update \(end)" : "nothing before update \(sequence + 1)"
      lose("its snapshot", failure, saved: saved)
    }
    let bytes = isMadeAnew ? document.encodeUpdate() : snapshot.bytes ?? []
    try target.execute(
      sql: "INSERT INTO snapshots(document, sequence, time, bytes) VALUES (?, ?, ?, ?)",
      arguments: [id, sequence, snapshot.time, Data(bytes)])
    if end > 0 { try closeHistory(past, at: end, upTo: sequence, time: snapshot.time, bytes) }
    return sequence
  }

  /// Whether an update makes a document's state.
  private static func makes(_ update: [UInt8], _ document: Document) -> Bool {
    let other = Document()
    return (try? other.apply(update)) != nil && other.snapshot == document.snapshot
  }

  private func snapshot() -> Snapshot {
    var snapshot = Snapshot()
    switch source.row("SELECT sequence, time, bytes FROM snapshots WHERE document = \(id)") {
    case .row(let values):
      snapshot = Snapshot(sequence: values[0].integer, time: values[1].integer ?? 0, bytes: values[2].bytes)
      if snapshot.sequence == nil { snapshot.failure = "its number cannot be read" }
    case .missing: break
    case .unreadable(let reason):
      snapshot.failure = reason
      // Its bytes lie on other pages.
      if case .row(let values) = source.row("SELECT sequence, time FROM snapshots WHERE document = \(id)") {
        snapshot.sequence = values[0].integer
        snapshot.time = values[1].integer ?? 0
      }
    }
    return snapshot
  }

  // MARK: The history

  /// Saves what can be read of the history, with empty updates where something is lost.
  ///
  /// - Parameters:
  ///   - sequence: Of the snapshot.
  ///   - replacement: What there is of it where it is lost.
  /// - Returns: What it makes, and the number of its last update; 0 when there is none.
  private mutating func saveHistory(
    upTo sequence: Int64, saved replacement: String
  ) throws -> (past: Document, end: Int64) {
    let past = Document()
    guard source.has("last", in: "history") else {
      if source.version >= 5 { lose("its history", "its table cannot be found", saved: replacement) }
      return (past, 0)
    }
    let moments = source.numbers("last", of: "history", where: "document = \(id)")
    var (end, time) = (Int64(0), Int64(0))
    var hasGap = false
    for last in moments.values where last > end && last <= sequence {
      let here = "document = \(id) AND last = \(last)"
      let parts = source.numbers("part", of: "history", where: here, first: 0)
      var first: Int64?
      var failure = parts.failure
      var saved = 0
      for part in parts.values {
        let sql = "SELECT first, author, updates, start, end, bytes FROM history WHERE \(here) AND part = \(part)"
        guard case .row(let values) = source.row(sql), let bytes = values[5].bytes else {
          if case .unreadable(let reason) = source.row(sql) { failure = reason }
          continue
        }
        let from = values[0].integer ?? last
        guard from > end, from <= last, first == nil || from == first else { continue }
        first = from
        time = values[4].integer ?? time
        if let reason = self.failure(applying: bytes, to: past) {
          failure = reason
          continue
        }
        try fillHistory(after: end, before: from, moments.failure, time, saved: replacement, &hasGap)
        let author = try SQLiteStore.authorID(author(values[1].integer), in: target)
        try insertMoment(
          from...last, part: part, author, updates: values[2].integer ?? 1,
          times: (values[3].integer ?? time, time), bytes)
        saved += 1
      }
      if let failure {
        lose("the history up to update \(last)", failure, saved: replacement)
      }
      if saved == 0 {
        let from = first ?? end + 1
        try fillHistory(after: end, before: from, moments.failure, time, saved: replacement, &hasGap)
        try insertUnknown(from...last, part: 0, time, RoomSalvage.emptyUpdate)
      }
      end = last
    }
    if let failure = moments.failure, !hasGap {
      lose(end == 0 ? "its history" : "the history behind update \(end)", failure, saved: replacement)
    }
    return (past, end)
  }

  /// Puts something in the place of moments that are not there.
  private mutating func fillHistory(
    after end: Int64, before first: Int64, _ failure: String?, _ time: Int64, saved replacement: String,
    _ hasGap: inout Bool
  ) throws {
    guard end > 0, first > end + 1 else { return }
    hasGap = true
    let part = "the history of \(RoomSalvage.updates(end + 1, first - 1))"
    lose(part, failure ?? RoomSalvage.missing, saved: replacement)
    try insertUnknown(end + 1...first - 1, part: 0, time, RoomSalvage.emptyUpdate)
  }

  /// Makes the history lead to the snapshot, by an entry of no author with what is missing in it.
  private mutating func closeHistory(
    _ past: Document, at end: Int64, upTo sequence: Int64, time: Int64, _ snapshot: [UInt8]
  ) throws {
    if end < sequence {
      let part = "the history of \(RoomSalvage.updates(end + 1, sequence))"
      lose(part, RoomSalvage.missing, saved: "what it brought, by an unknown author")
      try insertUnknown(end + 1...sequence, part: 0, time, snapshot)
    } else if past.snapshot != document.snapshot {
      let part = try Int64.fetchOne(
        target, sql: "SELECT max(part) + 1 FROM history WHERE document = ? AND last = ?", arguments: [id, end])
      let first = try Int64.fetchOne(
        target, sql: "SELECT first FROM history WHERE document = ? AND last = ?", arguments: [id, end])
      try insertUnknown((first ?? end)...end, part: part ?? 0, time, snapshot)
    }
    _ = failure(applying: snapshot, to: past)
    guard !RoomSalvage.makes(snapshot, past) else { return }
    // What was flipped can be read, but is of no document.
    try SQLiteStore.deleteHistory(of: id, in: target)
    lose("its history", "it does not make its snapshot", saved: "what it brought, by an unknown author")
  }

  private mutating func author(_ id: Int64?) -> Author {
    var reason = RoomSalvage.missing
    let reading = id.map { source.row("SELECT subject, source FROM authors WHERE id = \($0)") } ?? .missing
    guard case .row(let values) = reading, let place = values[1].text else {
      if case .unreadable(let failure) = reading { reason = failure }
      let part = "an author in its history"
      if !losses.contains(where: { $0.part == part }) {
        lose(part, reason, saved: "what was written, by an unknown author")
      }
      return .unknown
    }
    return Author(subject: values[0].text.flatMap { $0.isEmpty ? nil : $0 }, source: place)
  }

  private func insertUnknown(_ moment: ClosedRange<Int64>, part: Int64, _ time: Int64, _ bytes: [UInt8]) throws {
    let author = try SQLiteStore.authorID(.unknown, in: target)
    try insertMoment(moment, part: part, author, updates: Int64(moment.count), times: (time, time), bytes)
  }

  private func insertMoment(
    _ moment: ClosedRange<Int64>, part: Int64, _ author: Int64, updates: Int64, times: (Int64, Int64), _ bytes: [UInt8]
  ) throws {
    try target.execute(
      sql: SQLiteStore.insertion + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      arguments: [
        id, moment.upperBound, part, moment.lowerBound, author, updates, min(times.0, times.1), times.1, Data(bytes),
      ])
  }
}
