import NIOCore
import Synchronization

/// The rooms that are loaded, by name, with a count of who uses each.
///
/// A room is made under the lock, so any number of simultaneous joiners get the same one; and it is forgotten under the
/// lock, only while nobody uses it, so nobody can hold a room that is being unloaded.
final class RoomRegistry: Sendable {
  private struct Entry {
    let room: Room
    var leases: Int
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var isClosed = false
  }

  private let state = Mutex(State())
  private let makeRoom: @Sendable (String, any EventLoop) -> Room

  /// - Parameter makeRoom: Makes the room of a name on an event loop, without starting to load it.
  init(makeRoom: @escaping @Sendable (String, any EventLoop) -> Room) { self.makeRoom = makeRoom }

  /// The room `name`, made on `eventLoop` if it is not loaded. Whoever gets it calls ``release(_:)`` once.
  ///
  /// - Returns: The room; nil after ``close()``.
  func lease(_ name: String, on eventLoop: any EventLoop) -> Room? {
    let (room, isNew) = state.withLock { state -> (Room?, Bool) in
      guard !state.isClosed else { return (nil, false) }
      if let room = state.entries[name]?.room {
        state.entries[name]?.leases += 1
        return (room, false)
      }
      let room = makeRoom(name, eventLoop)
      state.entries[name] = Entry(room: room, leases: 1)
      return (room, true)
    }
    if let room, isNew { room.load(registry: self) }
    return room
  }

  /// Gives a lease back.
  func release(_ room: Room) {
    let isUnused = state.withLock { state in
      guard state.entries[room.name]?.room === room else { return false }
      state.entries[room.name]?.leases -= 1
      return state.entries[room.name]?.leases == 0
    }
    if isUnused { room.scheduleUnload() }
  }

  /// Forgets a room unless somebody uses it; the next lease of its name loads it anew.
  ///
  /// - Returns: Whether it was forgotten.
  func removeIfUnused(_ room: Room) -> Bool {
    state.withLock { state in
      guard let entry = state.entries[room.name], entry.room === room, entry.leases == 0 else { return false }
      state.entries[room.name] = nil
      return true
    }
  }

  /// Forgets a room that failed, whoever uses it; the next lease of its name loads it anew.
  func discard(_ room: Room) {
    state.withLock { state in
      if state.entries[room.name]?.room === room { state.entries[room.name] = nil }
    }
  }

  /// Gives out no more rooms.
  func close() { state.withLock { $0.isClosed = true } }

  /// Whether rooms are given out.
  var isOpen: Bool { state.withLock { !$0.isClosed } }

  /// How many rooms are loaded.
  var count: Int { state.withLock { $0.entries.count } }
}
