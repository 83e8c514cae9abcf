import Foundation
import GRDB

extension StoreReader {
  /// Writes a copy of the store to a new file: all as it is at one moment, also while a node writes to the store, which it
  /// does not wait for.
  ///
  /// The copy is checked as a whole, and is there under its name only when it is complete and on the disk. The node that
  /// opens it gets another identifier than the one of this store: other nodes so give it all that was written since, and do
  /// not take it for one that has it already.
  ///
  /// - Parameter destination: Where no file may be yet. Beside it, with `.partial` and more at the end of its name, lies the
  ///   copy while it is being made.
  /// - Returns: What is in the copy.
  /// - Throws: `exists`, `unreachable`, `diskFull`, `damaged` when the store is, `failed`.
  public func backup(to destination: String) throws(StoreError) -> StoreVerification {
    let partial = "\(destination).partial-\(UUID().uuidString.prefix(8))"
    defer { for suffix in ["", "-journal", "-wal", "-shm"] { unlink(partial + suffix) } }
    do {
      guard !FileManager.default.fileExists(atPath: destination) else { throw StoreError(.exists, path: destination) }
      let verification = try copy(to: partial)
      try StoreReader.sync(partial)
      // Unlike renaming, this replaces nothing.
      guard link(partial, destination) == 0 else { throw StoreReader.systemError(destination) }
      try StoreReader.sync(URL(fileURLWithPath: destination).deletingLastPathComponent().path)
      return verification
    } catch {
      throw StoreError(error, path: destination)
    }
  }

  private func copy(to partial: String) throws -> StoreVerification {
    var configuration = GRDB.Configuration()
    configuration.label = "store-backup"
    let copy = try DatabaseQueue(path: partial, configuration: configuration)
    do {
      // In one step, since another process's writes would start it over between two; in WAL mode it holds up nobody.
      try database.backup(to: copy, pagesPerStep: CInt.max)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
      throw StoreError(.damaged, path: path, detail: error.message ?? "")
    }
    try copy.writeWithoutTransaction { database in
      // All in one file.
      try database.execute(sql: "PRAGMA journal_mode = DELETE")
      if try database.tableExists("node") { try database.execute(sql: "DELETE FROM node") }
    }
    let verification = try copy.read { try StoreSchema.verify($0) }
    if let finding = verification.findings.first { throw StoreError(.damaged, path: path, detail: finding) }
    try copy.close()
    return verification
  }

  /// Waits until a file, or what a folder lists, is on the disk.
  static func sync(_ path: String) throws {
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw systemError(path) }
  }

  static func systemError(_ path: String) -> StoreError {
    let code: StoreError.Code =
      switch errno {
      case ENOSPC, EDQUOT: .diskFull
      case EEXIST: .exists
      case EIO: .failed
      default: .unreachable
      }
    return StoreError(code, path: path, detail: String(cString: strerror(errno)))
  }
}
