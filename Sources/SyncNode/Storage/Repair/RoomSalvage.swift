import CRDT
import Foundation
import GRDB

/// Saves what is sound of one room into a new store.
///
/// Numbers stay as they are: where an update or a moment of the history is lost, an empty update stands in its place. What
/// is behind a gap is kept, since documents bear gaps: what builds on what is missing waits for it.
struct RoomSalvage {
  /// Updates in a row that are replaced by empty ones; where more are missing, a number is wrong rather.
  static let gapMax: Int64 = 100_000
  static let emptyUpdate: [UInt8] = [0, 0]
  static let missing = "it is missing"

  let source: DamagedStore
  let target: Database
  let id: Int64
  let name: String
  /// What could not be saved.
  var losses: [StoreRepair.Loss] = []
  /// The room's document, as far as it was saved.
  var document = Document()
  /// Whether the room was recreated, so that its log may begin with any number.
  private var isRecreated = false

  /// - Parameter name: The room's name; nil when it is lost.
  init(of id: Int64, name: String?, from source: DamagedStore, to target: Database) throws {
    self.source = source
    self.target = target
    self.id = id
    let isTaken =
      try name.map { name in
        try Bool.fetchOne(target, sql: "SELECT EXISTS (SELECT 1 FROM documents WHERE name = ?)", arguments: [name])
          ?? false
      } ?? true
    self.name = isTaken ? "recovered-\(id)" : name ?? ""
    if isTaken { lose("its name", "it cannot be read", saved: "the room has the name \(self.name) now") }
  }

  mutating func lose(_ part: String, _ reason: String, saved: String) {
    losses.append(StoreRepair.Loss(room: name, part: part, reason: reason, saved: saved))
  }

  /// Saves the room.
  ///
  /// - Throws: What keeps the new store from being written.
  mutating func run() throws {
    try saveDocument()
    let log = source.numbers("sequence", of: "updates", where: "document = \(id)")
    let start = try saveBeginning(log, isRecreated: isRecreated)
    let last = try saveLog(log, behind: start)
    try saveCopies()
    try saveAcknowledgements(last: last)
    try SQLiteStore.countBytes(of: id, in: target)
  }

  private mutating func saveDocument() throws {
    var (epoch, generation, retired) = (Int64.random(in: 1..<1 << 53), Int64(0), [UInt8]())
    let hasEpochs = source.has("generation", in: "documents")
    let columns = hasEpochs ? "epoch, generation, retired" : "epoch, 0, x''"
    switch source.row("SELECT \(columns) FROM documents WHERE id = \(id)") {
    case .row(let values):
      epoch = values[0].integer ?? epoch
      generation = values[1].integer ?? 0
      retired = values[2].bytes ?? []
      do {
        _ = try RetiredClients(bytes: retired)
      } catch {
        lose("who wrote in earlier epochs", "\(error)", saved: "nobody counts as one of them")
        retired = []
      }
    case .missing: lose("its epoch", RoomSalvage.missing, saved: "the room begins a new one")
    case .unreadable(let reason): lose("its epoch", reason, saved: "the room begins a new one")
    }
    isRecreated = generation > 0
    try target.execute(
      sql: "INSERT INTO documents(id, name, epoch, generation, retired) VALUES (?, ?, ?, ?, ?)",
      arguments: [id, name, epoch, generation, Data(retired)])
  }

  /// Applies what can be read.
  ///
  /// - Returns: Why an update cannot be; nil when it was applied.
  func failure(applying update: [UInt8], to document: Document) -> String? {
    do throws(UpdateError) {
      try document.apply(update)
      return nil
    } catch {
      return "\(error)"
    }
  }

  private mutating func saveCopies() throws {
    guard source.has("number", in: "copies") else { return }
    for number in source.numbers("number", of: "copies", where: "document = \(id)").values {
      var reason = RoomSalvage.missing
      switch source.row("SELECT time, bytes FROM copies WHERE number = \(number)") {
      case .row(let values):
        let bytes = values[1].bytes ?? []
        if let failure = failure(applying: bytes, to: Document()) {
          reason = failure
          break
        }
        try target.execute(
          sql: "INSERT INTO copies(number, document, time, bytes) VALUES (?, ?, ?, ?)",
          arguments: [number, id, values[0].integer ?? 0, Data(bytes)])
        continue
      case .missing: break
      case .unreadable(let failure): reason = failure
      }
      lose("copy \(number)", reason, saved: "nothing of it")
    }
  }

  /// Saves what other nodes are known to have.
  ///
  /// - Parameter last: The number of the last update.
  private mutating func saveAcknowledgements(last: Int64) throws {
    guard source.has("peer", in: "acknowledgements") else { return }
    var furthest = last
    do {
      let rows = try Row.fetchCursor(
        source.database, sql: "SELECT peer, sequence FROM acknowledgements WHERE document = \(id)")
      while let row = try rows.next() {
        let (peer, sequence): (DatabaseValue, DatabaseValue) = (row[0], row[1])
        guard let peer = peer.bytes.flatMap({ PeerID($0) }), let sequence = sequence.integer else { continue }
        furthest = max(furthest, sequence)
        try target.execute(
          sql: "INSERT OR REPLACE INTO acknowledgements(document, peer, sequence) VALUES (?, ?, ?)",
          arguments: [id, Data(peer.bytes), min(sequence, last)])
      }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
      // Without them, nodes compare what they have.
    }
    guard furthest > last else { return }
    lose(
      RoomSalvage.updates(last + 1, furthest), "another node has stored what is not here",
      saved: "nothing; that node brings it when it is connected")
  }
}
