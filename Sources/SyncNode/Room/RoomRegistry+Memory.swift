import Synchronization

// Memory for documents: when all rooms together take too much, those that nobody uses are unloaded, the ones first that
// were left the longest ago.

extension RoomRegistry.State {
  /// What a room takes at least.
  static let bytesPerRoom = 8 << 10

  /// Whether rooms take more than they may, those left out that are being unloaded.
  func isFull(_ bytesMax: Int) -> Bool { bytes - leavingBytes > bytesMax }

  /// Counts what a room takes from now on.
  mutating func note(_ bytes: Int, of name: String) {
    guard let entry = entries[name] else { return }
    let change = max(bytes, RoomRegistry.State.bytesPerRoom) - entry.bytes
    self.bytes += change
    if entry.isLeaving { leavingBytes += change }
    entries[name]?.bytes += change
  }

  mutating func setLeaving(_ isLeaving: Bool, _ name: String) {
    guard let entry = entries[name], entry.isLeaving != isLeaving else { return }
    entries[name]?.isLeaving = isLeaving
    leavingBytes += isLeaving ? entry.bytes : -entry.bytes
  }

  /// Forgets a room.
  mutating func remove(_ name: String) {
    setLeaving(false, name)
    if let entry = entries.removeValue(forKey: name) { bytes -= entry.bytes }
  }

  /// The rooms to unload, if they take too much: so many that it is not too much again at once.
  mutating func makeRoom(_ bytesMax: Int) -> [Room] {
    guard isFull(bytesMax) else { return [] }
    var rooms: [Room] = []
    let unused = entries.map(\.value).filter { $0.isUnused && !$0.isLeaving }.sorted { $0.lastUse < $1.lastUse }
    for entry in unused where isFull(bytesMax / 8 * 7) {
      setLeaving(true, entry.room.name)
      rooms.append(entry.room)
    }
    return rooms
  }
}

extension RoomRegistry {
  /// Notes about how many bytes of memory a room takes.
  func note(_ bytes: Int, of room: Room) {
    let unloaded = state.withLock { state -> [Room] in
      guard state.entries[room.name]?.room === room else { return [] }
      state.note(bytes, of: room.name)
      return canUnload ? state.makeRoom(memoryBytesMax) : []
    }
    for room in unloaded { room.unloadNow() }
  }

  /// Notes that a room that was to be unloaded cannot be yet.
  func keep(_ room: Room) {
    state.withLock { state in
      if state.entries[room.name]?.room === room { state.setLeaving(false, room.name) }
    }
  }

  /// Whether rooms take more memory than they may.
  var isFull: Bool { state.withLock { $0.isFull(memoryBytesMax) } }

  /// Whether a client may write `byteCount` bytes in a room: while rooms take no more than they may, and then, where that is
  /// not much, until they take half as much again. So few large rooms do not keep out those who write little.
  func hasMemory(for byteCount: Int, in room: Room) -> Bool {
    state.withLock { state in
      guard state.isFull(memoryBytesMax) else { return true }
      guard let entry = state.entries[room.name], entry.room === room else { return false }
      let share = memoryBytesMax / state.entries.count
      return entry.bytes + byteCount <= share && !state.isFull(memoryBytesMax / 2 * 3)
    }
  }

  /// Whether rooms take more memory than they may, and only clients have this one.
  func hasNoMemory(for room: Room) -> Bool {
    state.withLock { state in
      guard let entry = state.entries[room.name], entry.room === room else { return false }
      return state.isFull(memoryBytesMax) && entry.processes == 0 && entry.peers == 0
    }
  }

  /// About how many bytes of memory all rooms take.
  var memoryBytes: Int { state.withLock { $0.bytes } }
}
