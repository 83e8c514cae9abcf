import CRDT
import Foundation
import NIOCore
import SocketClients

/// Many who are in one room and move their cursors: each says so twice a second, and everybody is told.
enum Crowd {
  private static let interval = TimeAmount.milliseconds(500)

  static func measure(crowds: [Int], seconds: Int) async throws {
    for count in crowds {
      try await withTemporaryFolder { folder in
        let node = try await RunningNode(store: "\(folder)/crowd.sqlite", authorizer: nil, clientCount: count)
        let book = CrowdBook(count: count)
        var visitors: [CrowdVisitor] = []
        for index in 0..<count { visitors.append(try await CrowdVisitor(index, of: book, port: node.port)) }
        // The first time everybody hears of everybody.
        for visitor in visitors { visitor.speak() }
        try await until("everybody to be seen") { try await book.run { $0.isComplete } }
        try await book.run { $0.startMeasuring() }
        let cpuBefore = Crowd.cpuSeconds
        for visitor in visitors { visitor.start(every: interval) }
        try await Task.sleep(for: .seconds(seconds))
        for visitor in visitors { visitor.stop() }
        let cpu = Crowd.cpuSeconds - cpuBefore
        try await until("the last states to arrive") { try await book.run { $0.isComplete } }
        let result = try await book.run { $0.result }
        NodeBenchmark.row(
          "presence of \(count) in one room, each 2 a second for \(seconds) s: until another has it",
          String(
            format:
              "p50 %.1f ms, p99 %.1f ms, max %.1f ms; %.0f states/s told to somebody, %.1f %% of all; %.0f %% of a core, with the clients",
            result.p50, result.p99, result.max, Double(result.told) / Double(seconds), result.share * 100,
            cpu / Double(seconds) * 100),
          aim: count == 500 ? "p99 < 100 ms, all told" : "–")
        for visitor in visitors { await visitor.leave() }
        await node.stop()
      }
    }
  }

  /// What this process has used.
  private static var cpuSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// One of a crowd.
private final class CrowdVisitor: Sendable {
  private let index: Int
  private let book: CrowdBook
  private let client: SocketClient
  private let speaking = NIOLoopBoundBox.makeEmptyBox(valueType: RepeatedTask.self, eventLoop: CrowdVisitor.eventLoop)

  private static var eventLoop: any EventLoop { SocketClient.eventLoop }

  init(_ index: Int, of book: CrowdBook, port: Int) async throws {
    self.index = index
    self.book = book
    client = try await SocketClient(
      room: "crowd", port: port, onPresence: { book.receive($0, at: index) }, onContent: { _, _ in })
  }

  /// Says where its cursor is.
  func speak() { CrowdVisitor.eventLoop.execute { self.speakNow() } }

  private func speakNow() {
    let clock = book.noteSpoken(index)
    // About what editors say.
    let position = #"{"type":null,"tname":"body","item":{"client":\#(index),"clock":\#(clock)},"assoc":0}"#
    let state =
      #"{"user":{"name":"Visitor \#(index)","color":"red"},"cursor":{"anchor":\#(position),"head":\#(position)}}"#
    let entry = AwarenessEntry(client: ClientID(rawValue: UInt64(index + 1)), clock: clock, state: Array(state.utf8))
    client.send { $0.writeAwarenessMessage(AwarenessUpdate([entry])) }
  }

  /// Goes on to, from some moment within the first interval on.
  func start(every interval: TimeAmount) {
    CrowdVisitor.eventLoop.execute {
      let delay = TimeAmount.nanoseconds(.random(in: 0..<interval.nanoseconds))
      self.speaking.value = CrowdVisitor.eventLoop.scheduleRepeatedTask(initialDelay: delay, delay: interval) {
        _ in self.speakNow()
      }
    }
  }

  func stop() { CrowdVisitor.eventLoop.execute { self.speaking.value?.cancel() } }

  func leave() async { await client.close() }
}

/// Who has said what when, and who has heard of it.
// Sendable: all of it is touched on the event loop of the clients only.
private final class CrowdBook: @unchecked Sendable {
  struct Result {
    let p50: Double
    let p99: Double
    let max: Double
    /// States that were told to somebody, and their share of those that could have been: newer ones take the place of older.
    let told: Int
    let share: Double
  }

  /// Latencies by tenths of a millisecond, up to ten seconds.
  private static let slots = 100_000

  private let count: Int
  /// By client and clock, from clock 1 on.
  private var spoken: [[NIODeadline]]
  /// The clock that each has last heard of each.
  private var heard: [UInt32]
  private var latencies = [Int](repeating: 0, count: CrowdBook.slots)
  private var isMeasuring = false
  private var spokenCount = 0

  init(count: Int) {
    self.count = count
    spoken = Array(repeating: [], count: count)
    heard = Array(repeating: 0, count: count * count)
  }

  /// What `body` finds, on the event loop of the clients.
  func run<Value: Sendable>(_ body: @escaping @Sendable (CrowdBook) -> Value) async throws -> Value {
    try await SocketClient.eventLoop.submit { body(self) }.get()
  }

  func startMeasuring() { isMeasuring = true }

  /// - Returns: The clock of what is said.
  func noteSpoken(_ index: Int) -> UInt64 {
    spoken[index].append(.now())
    if isMeasuring { spokenCount += 1 }
    return UInt64(spoken[index].count)
  }

  /// Whether everybody has heard the last of everybody.
  var isComplete: Bool {
    (0..<count).allSatisfy { listener in
      (0..<count).allSatisfy { speaker in
        Int(heard[listener * count + speaker]) == spoken[speaker].count
      }
    }
  }

  /// Reads an awareness update as fast as can be: what is measured is the node.
  func receive(_ update: UnsafeRawBufferPointer, at listener: Int) {
    let now = NIODeadline.now()
    var offset = 0
    func number() -> UInt64 {
      var (value, shift) = (UInt64(0), UInt64(0))
      while offset < update.count {
        let byte = update[offset]
        offset += 1
        value |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { break }
        shift += 7
      }
      return value
    }
    for _ in 0..<number() {
      let (speaker, clock) = (Int(number()) - 1, Int(number()))
      offset += Int(number())
      guard spoken.indices.contains(speaker), spoken[speaker].indices.contains(clock - 1) else { continue }
      heard[listener * count + speaker] = UInt32(clock)
      guard isMeasuring, speaker != listener else { continue }
      let tenths = (now - spoken[speaker][clock - 1]).nanoseconds / 100_000
      latencies[min(Int(tenths), CrowdBook.slots - 1)] += 1
    }
  }

  var result: Result {
    let told = latencies.reduce(0, +)
    func quantile(_ share: Double) -> Double {
      var left = Int((Double(told) * share).rounded(.up))
      for (slot, count) in latencies.enumerated() {
        left -= count
        if left <= 0 { return Double(slot + 1) / 10 }
      }
      return 0
    }
    return Result(
      p50: quantile(0.5), p99: quantile(0.99), max: quantile(1), told: told,
      share: Double(told) / Double(max(spokenCount * (count - 1), 1)))
  }
}
