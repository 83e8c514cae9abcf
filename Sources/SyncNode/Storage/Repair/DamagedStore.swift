import CRDT
import Foundation
import GRDB

/// Reads a store whose pages may be damaged: each read gives what it can, and why it gives no more.
struct DamagedStore {
  /// A row, as far as it can be read.
  enum Reading {
    case row([DatabaseValue])
    case missing
    case unreadable(String)
  }

  /// The numbers of rows.
  struct Numbers {
    /// In their order.
    var values: [Int64] = []
    /// Why there may be more of them; nil when all were found.
    var failure: String?
  }

  let database: Database
  /// Numbers that are asked for one by one where SQLite does not list them: between two that are known, and beyond one.
  private static let probesMax: (between: Int64, beyond: Int64) = (20_000, 1000)

  /// Opens the store at `path` without writing to it, also where its file is shorter than it says.
  static func open(path: String) throws -> DatabaseQueue {
    var configuration = StoreReader.configuration
    // Otherwise SQLite refuses a file that was cut short as a whole. Nothing is written: the connection only reads.
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON") }
    return try StoreReader.open(path: path, configuration)
  }

  /// Whether the file at `path` begins as a store of ours does, in a version that we know.
  ///
  /// - Throws: `foreign`, `newer`, `unreachable`.
  static func checkHeader(path: String) throws(StoreError) {
    guard let file = FileHandle(forReadingAtPath: path), let header = try? file.read(upToCount: 100) else {
      throw StoreError(.unreachable, path: path)
    }
    func number(at offset: Int) -> Int64 {
      header.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int64($1) }
    }
    guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)),
      number(at: 68) == StoreSchema.applicationID
    else { throw StoreError(.foreign, path: path) }
    let version = number(at: 60)
    guard version <= StoreSchema.version else {
      throw StoreError(.newer, path: path, detail: "format \(version), known \(StoreSchema.version)")
    }
  }

  /// The version of its tables.
  var version: Int64 { (try? Int64.fetchOne(database, sql: "PRAGMA user_version")) ?? StoreSchema.version }

  /// Whether there is a table with a column, as far as the list of tables can be read. GRDB's own look at it would trap
  /// where that list is damaged.
  func has(_ column: String, in table: String) -> Bool {
    (try? database.makeStatement(sql: "SELECT \(column) FROM \(table)")) != nil
  }

  /// The first row of a query.
  func row(_ sql: String) -> Reading {
    do {
      guard let row = try Row.fetchOne(database, sql: sql) else { return .missing }
      return .row(Array(row.databaseValues))
    } catch {
      return .unreadable(DamagedStore.reason(error))
    }
  }

  /// The numbers in a column of those rows of a table that satisfy a condition, each once.
  ///
  /// Where SQLite cannot list them from one end, they are listed from the other, too, and those between are looked for one
  /// by one: a damaged page hides the rows in it, or those below it, and no others.
  ///
  /// - Parameter first: From where on it is looked for them when none can be listed.
  func numbers(_ column: String, of table: String, where condition: String = "TRUE", first: Int64 = 1) -> Numbers {
    let query = "SELECT DISTINCT \(column) FROM \(table) WHERE \(condition)"
    var (values, failure) = list("\(query) ORDER BY \(column)")
    guard let failure else { return Numbers(values: values) }
    let fromEnd = list("\(query) ORDER BY \(column) DESC").values
    let (low, high) = (values.max(), fromEnd.min())
    let start = low.map { $0 + 1 } ?? high.map { $0 - DamagedStore.probesMax.beyond } ?? first
    let probes = low == nil || high == nil ? DamagedStore.probesMax.beyond : DamagedStore.probesMax.between
    let begin = max(start, first)
    let end = min(high ?? .max, begin.addingReportingOverflow(probes).partialValue)
    if begin < end {
      let sql = "SELECT 1 FROM \(table) WHERE \(condition) AND \(column) = ?"
      values += (begin..<end).filter { isThere($0, sql) }
    }
    return Numbers(values: Set(values + fromEnd).sorted(), failure: failure)
  }

  private func isThere(_ number: Int64, _ sql: String) -> Bool {
    let found = try? Bool.fetchOne(database.cachedStatement(sql: sql), arguments: [number])
    return found == true
  }

  private func list(_ sql: String) -> (values: [Int64], failure: String?) {
    var values: [Int64] = []
    do {
      let rows = try Row.fetchCursor(database, sql: sql)
      while let row = try rows.next() {
        if let number = Int64.fromDatabaseValue(row[0]) { values.append(number) }
      }
      return (values, nil)
    } catch {
      return (values, DamagedStore.reason(error))
    }
  }

  /// The names of rooms, by their numbers, from the table and from its index; nil where a name cannot be read.
  func rooms() -> [(id: Int64, name: String?)] {
    var names: [Int64: String] = [:]
    do {
      let rows = try Row.fetchCursor(
        database, sql: "SELECT id, name FROM documents INDEXED BY sqlite_autoindex_documents_1 ORDER BY name")
      while let row = try rows.next() {
        if let id = Int64.fromDatabaseValue(row[0]) { names[id] = String.fromDatabaseValue(row[1]) }
      }
    } catch {
      // The table has the names, too.
    }
    let ids = numbers("id", of: "documents NOT INDEXED").values
    for id in ids {
      guard case .row(let values) = row("SELECT name FROM documents WHERE id = \(id)") else { continue }
      names[id] = String.fromDatabaseValue(values[0]) ?? names[id]
    }
    var known = Set(ids).union(names.keys)
    for table in ["updates", "snapshots", "history"] { known.formUnion(numbers("document", of: table).values) }
    return known.sorted().map { ($0, names[$0]) }
  }

  /// What an error says of the place that was read.
  static func reason(_ error: any Error) -> String {
    (error as? DatabaseError).map { "SQLite: \($0.message ?? "code \($0.extendedResultCode.rawValue)")" } ?? "\(error)"
  }
}

extension DatabaseValue {
  var integer: Int64? { Int64.fromDatabaseValue(self) }
  var text: String? { String.fromDatabaseValue(self) }
  var bytes: [UInt8]? { Data.fromDatabaseValue(self).map { [UInt8]($0) } }
}
