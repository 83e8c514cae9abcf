import Foundation

/// What differs when a file was written, replaced, or made readable.
package struct FileStamp: Equatable {
  private let device: UInt64
  private let inode: UInt64
  private let byteCount: Int64
  private let changedSeconds: Int64
  private let changedNanoseconds: Int64

  /// Nil when there is no file.
  package init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    #if canImport(Darwin)
      let changed = status.st_ctimespec
    #else
      let changed = status.st_ctim
    #endif
    device = UInt64(bitPattern: Int64(status.st_dev))
    inode = UInt64(status.st_ino)
    byteCount = Int64(status.st_size)
    changedSeconds = Int64(changed.tv_sec)
    changedNanoseconds = Int64(changed.tv_nsec)
  }
}
