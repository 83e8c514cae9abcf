import GRDB

/// Saves what is sound of the index of activity into a new store, whose rooms are there already. What the feeds themselves
/// have is indexed again when they are loaded.
struct ActivitySalvage {
  private let source: DamagedStore
  private let target: Database

  init(from source: DamagedStore, to target: Database) {
    self.source = source
    self.target = target
  }

  private static let columns = "document, entry, time, user, kind, path, value, words"

  /// - Returns: What could not be saved.
  /// - Throws: What keeps the new store from being written.
  func run() throws -> [StoreRepair.Loss] {
    guard source.has("words", in: "activity") else { return [] }
    let rooms = Set(try Int64.fetchAll(target, sql: "SELECT id FROM documents"))
    let insertion = try target.makeStatement(
      sql: "INSERT OR IGNORE INTO activity(\(ActivitySalvage.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    let numbers = source.numbers("number", of: "activity")
    var reason = numbers.failure
    for number in numbers.values {
      switch source.row("SELECT \(ActivitySalvage.columns) FROM activity WHERE number = \(number)") {
      case .row(let values):
        guard let room = values[0].integer, rooms.contains(room), values[2].integer != nil,
          values.indices.allSatisfy({ $0 == 0 || $0 == 2 || values[$0].text != nil })
        else {
          reason = reason ?? "an entry is none"
          continue
        }
        try insertion.execute(arguments: StatementArguments(values))
        guard target.changesCount == 1 else { continue }
        try SQLiteStore.indexWords(values.last?.text ?? "", of: target.lastInsertedRowID, in: target)
      case .missing: break
      case .unreadable(let why): reason = reason ?? why
      }
    }
    guard let reason else { return [] }
    return [
      StoreRepair.Loss(
        room: "activity:*", part: "the index of activity", reason: reason, saved: "the entries that are sound")
    ]
  }
}
