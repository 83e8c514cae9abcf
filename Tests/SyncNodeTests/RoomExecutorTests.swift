import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import Testing

@testable import SyncNode

@Suite("What runs in a room, and when")
struct RoomExecutorTests {
  // Sendable: all of it runs on one thread.
  private final class Record: @unchecked Sendable {
    var entries: [Int] = []
    /// What runs beside the event loop, until the test runs it.
    var aside: [() -> Void] = []
  }

  private final class Order: Sendable {
    let numbers = Mutex<[[Int]]>(Array(repeating: [], count: 4))
  }

  private let eventLoop = EmbeddedEventLoop()
  private let record = Record()
  private let turns: RoomTurns

  init() { turns = RoomTurns(eventLoop: eventLoop) }

  private func makeExecutor() -> RoomExecutor {
    RoomExecutor(turns: turns) { [record] _, body in record.aside.append(body) }
  }

  private func note(_ entry: Int) -> @Sendable () -> Void { { [record] in record.entries.append(entry) } }

  @Test("What comes while something runs beside the event loop waits for it, in order")
  func aside() {
    let executor = makeExecutor()
    executor.run(note(1))
    executor.runAside(note(3)) { [record] in record.entries.append(4) }
    executor.run(note(5))
    executor.enqueue(note(6))
    eventLoop.run()
    executor.run(note(7))
    #expect(record.entries == [1])
    record.aside.removeFirst()()
    // It has come back, but nothing overtakes what waits.
    executor.run(note(8))
    eventLoop.advanceTime(by: .seconds(1))
    #expect(record.entries == [1, 3, 4, 5, 6, 7, 8])
    executor.run(note(9))
    #expect(record.entries.last == 9)
  }

  @Test("What waited before comes first, also when some of it runs beside the event loop")
  func first() {
    let executor = makeExecutor()
    executor.runAside({}) { [record] in
      executor.runFirst([{ executor.runAside { record.entries.append(1) } }, { record.entries.append(2) }])
    }
    executor.run(note(3))
    while !record.aside.isEmpty {
      record.aside.removeFirst()()
      eventLoop.advanceTime(by: .seconds(1))
    }
    #expect(record.entries == [1, 2, 3])
  }

  @Test("After what took long, the same is done beside the event loop for a while")
  func slow() {
    let executor = makeExecutor()
    executor.run(isLong: false, note(1))
    executor.run(isLong: true, note(2))
    #expect(record.entries == [1] && record.aside.count == 1)
    record.aside.removeFirst()()
    eventLoop.run()
    executor.run(isLong: false) { [eventLoop] in eventLoop.advanceTime(by: .milliseconds(20)) }
    executor.run(isLong: false, note(3))
    #expect(record.entries == [1, 2] && record.aside.count == 1)
    record.aside.removeFirst()()
    eventLoop.advanceTime(by: .seconds(2))
    executor.run(isLong: false, note(4))
    #expect(record.entries == [1, 2, 3, 4])
  }

  @Test("A room with much to run lets others run in between, and pauses for sockets")
  func turn() {
    let (busy, calm) = (makeExecutor(), makeExecutor())
    busy.runAside {}
    calm.runAside {}
    for _ in 0..<1000 { busy.run(note(0)) }
    calm.run(note(1))
    record.aside[0]()
    record.aside[1]()
    eventLoop.run()
    let before = record.entries.firstIndex(of: 1)
    #expect(before != nil && before ?? 1000 < 100, "others wait for \(before ?? -1)")
    #expect(record.entries.count < 200, "\(record.entries.count) at once")
    for _ in 0..<100 { eventLoop.advanceTime(by: .milliseconds(1)) }
    #expect(record.entries.count == 1001)
  }

  @Test("What comes from other threads runs on the event loop in the order in which each has sent it")
  func threads() async throws {
    let executor = RoomExecutor(
      turns: RoomTurns(eventLoop: MultiThreadedEventLoopGroup.singleton.next()), worker: RoomExecutor.worker)
    let seen = Order()
    await withTaskGroup(of: Void.self) { group in
      for sender in 0..<4 {
        group.addTask {
          for number in 0..<500 {
            executor.run {
              let add: @Sendable () -> Void = { seen.numbers.withLock { $0[sender].append(number) } }
              if number % 50 == 0 { executor.runAside(add) } else { add() }
            }
          }
        }
      }
    }
    try await executor.submit {}.get()
    #expect(seen.numbers.withLock { $0 } == Array(repeating: Array(0..<500), count: 4))
  }
}
