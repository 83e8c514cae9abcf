import CRDT
import Foundation
import SocketClients
import Synchronization

/// Somebody who joins a room, writes and reads, lags, leaves, and comes back elsewhere.
struct Visitor {
  let number: Int
  let port: Int
  let rooms: Int
  let ledger: Ledger

  /// Comes and goes until `deadline`.
  func run(until deadline: ContinuousClock.Instant) async {
    var life = 0
    while ContinuousClock.now < deadline, !Task.isCancelled {
      life += 1
      do {
        try await stay(key: "\(number)-\(life)", until: deadline)
      } catch {
        ledger.change { $0.lost += 1 }
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }

  private func stay(key: String, until deadline: ContinuousClock.Instant) async throws {
    let room = "soak-\(Int.random(in: 0..<rooms))"
    let visit = Visit(room: room, key: key, ledger: ledger)
    let client = try await SocketClient(room: room, port: port) { update, isEnd in visit.receive(update, isEnd) }
    ledger.change {
      $0.joined += 1; $0.connections += 1
    }
    defer { ledger.change { $0.connections -= 1 } }
    client.askForAll()
    let end = min(deadline, .now + .seconds(.random(in: 5...90)))
    while ContinuousClock.now < end, client.isConnected {
      try await Task.sleep(for: .milliseconds(.random(in: 1000...7000)))
      if Int.random(in: 0..<20) == 0 {
        ledger.change { $0.lagged += 1 }
        visit.isLagging.store(true, ordering: .relaxed)
        try await client.stopReading()
        try await Task.sleep(for: .milliseconds(.random(in: 1000...8000)))
        try await client.startReading()
        // What has waited meanwhile says nothing of how fast the relay is.
        try await Task.sleep(for: .seconds(1))
        visit.isLagging.store(false, ordering: .relaxed)
      }
      let update = visit.write()
      client.send { $0.writeUpdateMessage(update) }
    }
    if !client.isConnected { ledger.change { $0.lost += 1 } }
    await client.close()
  }
}

/// One connection of a visitor: what it wrote, and how it hears that it is stored.
private final class Visit: Sendable {
  let isLagging = Atomic(false)
  private let room: String
  private let key: String
  private let ledger: Ledger
  private let state: Mutex<State>

  private struct State {
    /// Has what this visit wrote, and nothing else.
    let document = Document()
    var value = 0
    /// What was sent and has not come back, the oldest first.
    var unacknowledged: [[UInt8]] = []
  }

  init(room: String, key: String, ledger: Ledger) {
    self.room = room
    self.key = key
    self.ledger = ledger
    state = Mutex(State())
  }

  /// The next value of the visitor's key, with the time, as an update.
  func write() -> [UInt8] {
    ledger.change { $0.written += 1 }
    return state.withLock { state in
      let known = state.document.stateVector
      state.value += 1
      state.document.map("values").set(.string("\(state.value)@\(Self.now)"), forKey: key)
      let update = state.document.encodeUpdate(since: known)
      state.unacknowledged.append(update)
      return update
    }
  }

  func receive(_ update: UnsafeRawBufferPointer, _ isEnd: Bool) {
    guard !isEnd else { return }
    let stored = state.withLock { state -> Int? in
      guard let first = state.unacknowledged.first, update.elementsEqual(first) else { return nil }
      state.unacknowledged.removeFirst()
      return state.value - state.unacknowledged.count
    }
    if let stored { return ledger.noteAcknowledged(stored, of: key, in: room) }
    guard !isLagging.load(ordering: .relaxed), let sent = Self.time(in: update) else { return }
    let delay = Double(Self.now - sent) / 1e6
    ledger.change {
      $0.delivered += 1; $0.delays.append(delay)
    }
  }

  /// Nanoseconds.
  private static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

  /// What stands behind the last `@` of an update.
  private static func time(in update: UnsafeRawBufferPointer) -> UInt64? {
    guard let at = update.lastIndex(of: UInt8(ascii: "@")) else { return nil }
    let digits = update[(at + 1)...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    return UInt64(String(decoding: digits, as: UTF8.self))
  }
}
