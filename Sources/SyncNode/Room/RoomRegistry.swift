import NIOCore
import Synchronization

/// The rooms that are loaded, by name, with a count of who has each.
///
/// A room is made under the lock, so any number of simultaneous joiners get the same one; and it is forgotten under the
/// lock, only while nobody uses it, so nobody can hold a room that is being unloaded.
final class RoomRegistry: Sendable {
  /// On whose behalf a room is loaded.
  enum Holder {
    /// A client.
    case client
    /// This process itself.
    case process
    /// Another node.
    case peer
  }

  struct Entry {
    let room: Room
    var clients = 0
    var processes = 0
    var peers = 0
    /// About how much memory it takes.
    var bytes = State.bytesPerRoom
    /// When it was left last, by a count of all such.
    var lastUse: UInt64 = 0
    /// Whether it was told to unload itself.
    var isLeaving = false

    var users: Int { clients + processes }
    var isUnused: Bool { users == 0 && peers == 0 }

    mutating func count(_ holder: Holder, _ change: Int) {
      switch holder {
      case .client: clients += change
      case .process: processes += change
      case .peer: peers += change
      }
    }
  }

  struct State {
    var entries = NameTable<Entry>()
    var isClosed = false
    /// Of all entries, and of those that are leaving.
    var bytes = 0
    var leavingBytes = 0
    var uses: UInt64 = 0
  }

  let state = Mutex(State())
  let memoryBytesMax: Int
  /// Whether a room that is unloaded can be loaded again.
  let canUnload: Bool
  private let makeRoom: @Sendable (String, any EventLoop) -> Room
  private let onUse: @Sendable (Room) -> Void

  /// - Parameters:
  ///   - memoryBytesMax: Bytes of memory that rooms may take.
  ///   - canUnload: Whether a room that is unloaded can be loaded again.
  ///   - makeRoom: Makes the room of a name on an event loop, without starting to load it.
  ///   - onUse: Called when a room gets its first user.
  init(
    memoryBytesMax: Int = .max, canUnload: Bool = true,
    makeRoom: @escaping @Sendable (String, any EventLoop) -> Room, onUse: @escaping @Sendable (Room) -> Void = { _ in }
  ) {
    self.memoryBytesMax = memoryBytesMax
    self.canUnload = canUnload
    self.makeRoom = makeRoom
    self.onUse = onUse
  }

  /// The room `name`, made on `eventLoop` if it is not loaded. Whoever gets it calls ``release(_:by:)`` once.
  ///
  /// - Returns: The room; nil after ``close()``, for a client when there is no memory for another room, and for a name that no
  ///   room may have.
  func lease(_ name: String, by holder: Holder, on eventLoop: any EventLoop) -> Room? {
    guard !name.isNoRoom else { return nil }
    var unloaded: [Room] = []
    let leased = state.withLock { state -> (room: Room, isNew: Bool, isFirstUser: Bool)? in
      guard !state.isClosed else { return nil }
      let isNew = state.entries[name] == nil
      if isNew {
        state.bytes += State.bytesPerRoom
        if canUnload { unloaded = state.makeRoom(memoryBytesMax) }
        if holder == .client, state.isFull(memoryBytesMax) {
          state.bytes -= State.bytesPerRoom
          return nil
        }
      }
      state.setLeaving(false, name)
      var entry = state.entries[name] ?? Entry(room: makeRoom(name, eventLoop))
      entry.count(holder, 1)
      state.entries[name] = entry
      return (entry.room, isNew, holder != .peer && entry.users == 1)
    }
    for room in unloaded { room.unloadNow() }
    guard let (room, isNew, isFirstUser) = leased else { return nil }
    if isNew { room.load(registry: self) }
    if isFirstUser { onUse(room) }
    return room
  }

  /// Gives a lease back.
  func release(_ room: Room, by holder: Holder) {
    let isUnused = state.withLock { state in
      guard state.entries[room.name]?.room === room else { return false }
      state.uses += 1
      state.entries[room.name]?.lastUse = state.uses
      state.entries[room.name]?.count(holder, -1)
      return state.entries[room.name]?.isUnused == true
    }
    if isUnused { room.scheduleUnload() }
  }

  /// Whether clients or this process have the room.
  func hasUsers(_ room: Room) -> Bool {
    state.withLock { state in
      guard let entry = state.entries[room.name], entry.room === room else { return false }
      return entry.users > 0
    }
  }

  /// Whether other nodes have the room open.
  func hasPeers(_ room: Room) -> Bool {
    state.withLock { state in
      guard let entry = state.entries[room.name], entry.room === room else { return false }
      return entry.peers > 0
    }
  }

  /// The names of rooms that are loaded, or of those that have users, in order.
  func names(onlyUsed: Bool) -> [String] {
    state.withLock { state in state.entries.filter { !onlyUsed || $0.value.users > 0 }.map(\.key).sorted() }
  }

  /// Forgets a room unless somebody uses it; the next lease of its name loads it anew.
  ///
  /// - Returns: Whether it was forgotten.
  func removeIfUnused(_ room: Room) -> Bool {
    state.withLock { state in
      guard let entry = state.entries[room.name], entry.room === room, entry.isUnused else { return false }
      state.remove(room.name)
      return true
    }
  }

  /// Forgets a room that failed, whoever uses it; the next lease of its name loads it anew.
  func discard(_ room: Room) {
    state.withLock { state in
      if state.entries[room.name]?.room === room { state.remove(room.name) }
    }
  }

  /// All rooms that are loaded.
  var all: [Room] { state.withLock { $0.entries.map(\.value.room) } }

  /// How each room that is loaded is used, by name.
  var usage: NameTable<RoomReport.Usage> {
    state.withLock { state in
      var usage = NameTable<RoomReport.Usage>()
      for (name, entry) in state.entries {
        usage[name] = RoomReport.Usage(clients: entry.clients, peers: entry.peers, memoryBytes: entry.bytes)
      }
      return usage
    }
  }

  /// How many clients and nodes have a room open, if it is loaded.
  func readers(of name: String) -> (clients: Int, peers: Int) {
    state.withLock { state in state.entries[name].map { ($0.clients, $0.peers) } ?? (0, 0) }
  }

  /// Gives out no more rooms.
  func close() { state.withLock { $0.isClosed = true } }

  /// Whether rooms are given out.
  var isOpen: Bool { state.withLock { !$0.isClosed } }

  /// How many rooms are loaded.
  var count: Int { state.withLock { $0.entries.count } }
}
