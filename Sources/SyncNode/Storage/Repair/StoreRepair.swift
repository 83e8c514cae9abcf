import Foundation
import GRDB

/// What a repair of a store came to.
public struct StoreRepair: Codable, Equatable, Sendable {
  /// Something of a room that could not be read.
  public struct Loss: Codable, Equatable, Sendable {
    /// The room's name.
    public let room: String
    /// What it is, such as `update 7` or `its snapshot`.
    public let part: String
    /// Why it could not be saved.
    public let reason: String
    /// What stands in its place.
    public var saved: String
  }

  /// What a check of the store found; empty when there was nothing to repair.
  public internal(set) var damage: [String] = []
  /// Where the damaged store is kept; nil when nothing was changed.
  public internal(set) var kept: String?
  /// What could not be saved, room by room.
  public internal(set) var losses: [Loss] = []
  /// What is in the store now.
  public internal(set) var store = StoreVerification()
}

extension StoreRepair {
  /// Saves all that is sound in a store at rest into a new file that takes its place, and keeps the old one beside it. A
  /// store with nothing to repair is left as it is.
  ///
  /// The new file is checked as a whole, and on the disk, before the old one is touched; when the process ends before that,
  /// the store is as it was. The node that opens the store gets another identifier: other nodes so give it what they have
  /// and it has lost.
  ///
  /// - Parameters:
  ///   - path: The store.
  ///   - destination: Where the damaged store is kept; nil for the same name with `.damaged` and, if need be, a number
  ///     behind it. With it go the files that SQLite has beside the store.
  ///   - progress: Told of each room that is begun.
  /// - Throws: `missing`, `unreachable`, `foreign`, `newer`, `inUse`, `exists`, `diskFull`, `damaged` when not even the
  ///   names of the tables can be read. Nothing is changed then.
  /// - Complexity: O(*n*) in the bytes of the store; in memory is one room at a time.
  public static func repair(
    _ path: String, keepingAt destination: String? = nil,
    progress: (_ room: String, _ index: Int, _ count: Int) -> Void = { _, _, _ in }
  ) throws(StoreError) -> StoreRepair {
    var isOpened = true
    do {
      _ = try StoreReader(path: path)
    } catch  where error.code == .damaged {
      try DamagedStore.checkHeader(path: path)
      isOpened = false
    }
    let lock = try StoreLock(path: path)
    defer { withExtendedLifetime(lock) {} }
    var repair = StoreRepair()
    do throws(StoreError) {
      repair.store = try StoreReader(path: path).verify()
      repair.damage = repair.store.findings
      if repair.damage.isEmpty { return repair }
    } catch  where isOpened && [.inUse, .diskFull, .unreachable].contains(error.code) {
      throw error
    } catch {
      repair.damage = ["SQLite: it cannot be read as a whole"]
    }
    let kept = try place(for: path, destination)
    let partial = "\(path).partial-\(UUID().uuidString.prefix(8))"
    defer { for suffix in ["", "-journal", "-wal", "-shm"] { unlink(partial + suffix) } }
    do {
      try repair.save(path, to: partial, progress)
      try StoreReader.sync(partial)
      try exchange(path, for: partial, keepingAt: kept)
    } catch {
      throw StoreError(error, path: path)
    }
    repair.kept = kept
    return repair
  }

  /// Files that belong to a store's.
  private static let suffixes = ["", "-wal", "-journal"]

  /// Where a damaged store is to be kept.
  private static func place(for path: String, _ destination: String?) throws(StoreError) -> String {
    func isFree(_ path: String) -> Bool {
      suffixes.allSatisfy { !FileManager.default.fileExists(atPath: path + $0) }
    }
    if let destination {
      guard isFree(destination) else { throw StoreError(.exists, path: destination) }
      return destination
    }
    var number = 1
    while true {
      let candidate = "\(path).damaged\(number == 1 ? "" : "-\(number)")"
      if isFree(candidate) { return candidate }
      number += 1
    }
  }

  /// Writes all that is sound in a store to a new file, and checks that.
  private mutating func save(
    _ path: String, to partial: String, _ progress: (_ room: String, _ index: Int, _ count: Int) -> Void
  ) throws {
    let source = try DamagedStore.open(path: path)
    let target = try DatabaseQueue(path: partial)
    // Outside of a transaction: SQLite refuses to end one in which a page was damaged. Nobody else writes.
    losses = try source.unsafeRead { database in
      let source = DamagedStore(database: database)
      guard source.has("sequence", in: "updates"), source.has("sequence", in: "snapshots") else {
        throw StoreError(.damaged, path: path, detail: "its tables cannot be found")
      }
      return try target.write { database in
        try StoreSchema.prepare(database)
        var losses: [Loss] = []
        let rooms = source.rooms()
        for (index, room) in rooms.enumerated() {
          progress(room.name ?? "", index, rooms.count)
          var salvage = try RoomSalvage(of: room.id, name: room.name, from: source, to: database)
          try salvage.run()
          losses += salvage.losses
        }
        losses += try ActivitySalvage(from: source, to: database).run()
        return losses
      }
    }
    try source.close()
    store = try target.read { try StoreSchema.verify($0) }
    try target.close()
    if let finding = store.findings.first {
      throw StoreError(
        .failed, path: path, detail: "what was saved of it is not sound, and was thrown away: \(finding)")
    }
  }

  /// Puts a new file in the place of a store, which is then at another one.
  private static func exchange(_ path: String, for partial: String, keepingAt kept: String) throws {
    for suffix in suffixes where FileManager.default.fileExists(atPath: path + suffix) {
      // Neither replaces anything.
      if link(path + suffix, kept + suffix) != 0 {
        guard errno == EXDEV || errno == EPERM || errno == ENOTSUP else { throw StoreReader.systemError(kept) }
        try FileManager.default.copyItem(atPath: path + suffix, toPath: kept + suffix)
        try StoreReader.sync(kept + suffix)
      }
    }
    try StoreReader.sync(URL(fileURLWithPath: kept).deletingLastPathComponent().path)
    // Before the exchange: SQLite would apply them to the new file.
    for suffix in ["-wal", "-journal", "-shm"] { unlink(path + suffix) }
    guard rename(partial, path) == 0 else { throw StoreReader.systemError(path) }
    try StoreReader.sync(URL(fileURLWithPath: path).deletingLastPathComponent().path)
  }
}
