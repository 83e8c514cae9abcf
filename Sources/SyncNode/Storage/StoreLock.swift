import Foundation

/// The right to write a store, held by one process at a time and released when it ends, however it ends.
///
/// The lock is on a file beside the store: closing a second descriptor of the store's own file would drop SQLite's locks.
/// Readers do not need it.
final class StoreLock: Sendable {
  private let descriptor: CInt

  /// Takes the lock of the store at `path`, without waiting.
  ///
  /// - Throws: `inUse`, `unreachable`, `diskFull`.
  init(path: String) throws(StoreError) {
    descriptor = open(path + "-lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      let code: StoreError.Code = errno == ENOSPC ? .diskFull : .unreachable
      throw StoreError(code, path: path, detail: String(cString: strerror(errno)))
    }
    // `deinit` runs after this throw, too: a second close could hit a file that another thread has opened meanwhile.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw StoreError(.inUse, path: path) }
  }

  deinit { close(descriptor) }
}
