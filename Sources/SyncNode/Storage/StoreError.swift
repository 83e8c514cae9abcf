import GRDB

/// Why a store cannot be opened, read or written. Nothing in it was overwritten.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reason, as an open set: cases can be added.
  public struct Code: Equatable, Sendable {
    private enum Reason {
      case missing, unreachable, foreign, newer, damaged, diskFull, inUse, exists, outdated, failed
    }
    private let reason: Reason

    /// There is no file at the path.
    public static let missing = Code(reason: .missing)
    /// The file or its folder cannot be opened or written by this user.
    public static let unreachable = Code(reason: .unreachable)
    /// The file is something else than a store of this software.
    public static let foreign = Code(reason: .foreign)
    /// The store was written by a later version of this software.
    public static let newer = Code(reason: .newer)
    /// The store's bytes contradict themselves.
    public static let damaged = Code(reason: .damaged)
    /// The disk has no room left.
    public static let diskFull = Code(reason: .diskFull)
    /// Another process writes the store.
    public static let inUse = Code(reason: .inUse)
    /// There is a file already where a new one is to be.
    public static let exists = Code(reason: .exists)
    /// A room was recreated, and what is to come into it is of the document before.
    public static let outdated = Code(reason: .outdated)
    /// SQLite failed in another way, which the description names.
    public static let failed = Code(reason: .failed)
  }

  /// What is wrong.
  public let code: Code
  /// One line: what happened, to which file, and what to do next.
  public let description: String

  init(_ code: Code, path: String, detail: String = "") {
    self.code = code
    let why = detail.isEmpty ? "" : " (\(detail))"
    description =
      switch code {
      case .missing: "no store at \(path): name one with --store, or create it with `syncctl serve --store \(path)`"
      case .unreachable:
        "cannot open the store \(path)\(why): check that its folder exists and that you may write there"
      case .foreign: "\(path) is not a store of this software\(why): name another file; this one was left as it is"
      case .newer: "the store \(path) was written by a newer version\(why): update this software"
      case .damaged:
        "the store \(path) is damaged\(why): try `syncctl repair`, or restore it from a backup; it was left as it is"
      case .diskFull: "no room on the disk for the store \(path)\(why): free some space, then try again"
      case .inUse: "the store \(path) is in use by another process\(why): stop that one, or name another file"
      case .exists: "\(path) exists already: name another file; this one was left as it is"
      case .outdated:
        "the document was recreated in the store \(path)\(why), and this is of the one before: use another room for it"
      default: "the store \(path) failed\(why)"
      }
  }

  /// What SQLite's or the system's `error` means for the store at `path`.
  init(_ error: any Error, path: String) {
    if let known = error as? StoreError {
      self = known
      return
    }
    guard let error = error as? DatabaseError else {
      self.init(.failed, path: path, detail: "\(error)")
      return
    }
    let detail = "\(error.message ?? "SQLite error"), code \(error.extendedResultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_NOTADB: self.init(.foreign, path: path, detail: detail)
    case .SQLITE_CORRUPT: self.init(.damaged, path: path, detail: detail)
    case .SQLITE_FULL: self.init(.diskFull, path: path, detail: detail)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self.init(.inUse, path: path, detail: detail)
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY: self.init(.unreachable, path: path, detail: detail)
    default: self.init(.failed, path: path, detail: detail)
    }
  }
}
