import GRDB
import GRDBSQLite

extension Database {
  /// Bytes that are written at a time.
  private static let chunkBytes = 1 << 20

  /// Fills a document's snapshot, which has room for as many bytes. A value of a statement would be copied as a whole, and
  /// a snapshot may be as large as everything else in memory.
  func write(_ bytes: UnsafeRawBufferPointer, toSnapshotOf document: Int64) throws {
    var blob: OpaquePointer?
    try check(sqlite3_blob_open(sqliteConnection, "main", "snapshots", "bytes", document, 1, &blob))
    defer { sqlite3_blob_close(blob) }
    for start in stride(from: 0, to: bytes.count, by: Database.chunkBytes) {
      let chunk = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + Database.chunkBytes, bytes.count)])
      // SQLite counts in 32 bits, and refuses to make room for more.
      try check(sqlite3_blob_write(blob, chunk.baseAddress, Int32(chunk.count), Int32(start)))
    }
  }

  private func check(_ code: CInt) throws {
    if code != SQLITE_OK { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
  }
}
