import BenchmarkSupport
import CMalloc
import CRDT
import Foundation
import SocketClients
import SyncNode
import Synchronization

/// What one process of ``Memory`` does.
enum MemoryRole {
  /// What the large document is made of.
  enum Contents: String, CaseIterable {
    case pieces, characters

    var title: String {
      switch self {
      case .pieces: "pieces of 1000 characters at random places"
      case .characters: "single characters at random places"
      }
    }

    fileprivate var text: String {
      switch self {
      case .pieces: String(repeating: "All work and no play makes a document large. ", count: 23).prefixed(1000)
      case .characters: "x"
      }
    }

    fileprivate var insertionsAtOnce: Int { self == .pieces ? 1000 : 100_000 }
  }

  case prepare(store: String, contents: Contents, megabytes: Int)
  case sender(store: String)
  case receiver(store: String, peerPort: Int, units: Int)
  case clients(port: Int, count: Int, pauseSeconds: Int)

  private static let room = "large"

  /// Nil when the command line asks for no role.
  init?(_ arguments: some Sequence<String>) throws(Options.Malformed) {
    let words = Array(arguments)
    guard words.first == "--role", words.count > 2 else { return nil }
    let numbers = words.compactMap(Int.init)
    switch (words[1], words.count, numbers.count) {
    case ("prepare", 5, 1):
      guard let contents = Contents(rawValue: words[3]) else { throw Options.Malformed() }
      self = .prepare(store: words[2], contents: contents, megabytes: numbers[0])
    case ("sender", 3, _): self = .sender(store: words[2])
    case ("receiver", 5, 2): self = .receiver(store: words[2], peerPort: numbers[0], units: numbers[1])
    case ("clients", 5, 3): self = .clients(port: numbers[0], count: numbers[1], pauseSeconds: numbers[2])
    default: throw Options.Malformed()
    }
  }

  func play() async throws {
    switch self {
    case .prepare(let store, let contents, let megabytes):
      try await Self.prepare(store, contents, megabytes * 1_000_000)
    case .sender(let store): try await Self.send(store)
    case .receiver(let store, let peerPort, let units): try await Self.receive(store, peerPort, units)
    case .clients(let port, let count, let pauseSeconds): try await Self.read(port, count, pauseSeconds)
    }
  }

  private static func tell(_ figures: Figures) throws {
    report(String(decoding: try JSONEncoder().encode(figures), as: UTF8.self))
  }

  // MARK: Roles

  /// Writes the document to a store.
  private static func prepare(_ store: String, _ contents: Contents, _ bytes: Int) async throws {
    let node = try await RunningNode(store: store)
    let handle = try await node.node.open(room)
    var figures = Figures()
    var seed: UInt64 = 1
    while figures.updateBytes < bytes {
      let start = seed
      seed += 1
      figures.updateBytes += try await handle.edit { document in
        var generator = SplitMix(state: start << 32)
        let text = document.text("body")
        let known = document.stateVector
        document.transact {
          for _ in 0..<contents.insertionsAtOnce {
            text.insert(contents.text, at: Int(generator.next() % UInt64(text.count + 1)))
          }
        }
        return document.encodeUpdate(since: known).count
      }
    }
    figures.updateBytes = try await handle.read { $0.encodeUpdate().count }
    figures.units = try await handle.read { $0.text("body").count }
    try tell(figures)
    await node.stop()
  }

  /// Loads the document and lets others have it.
  private static func send(_ store: String) async throws {
    let node = try await RunningNode(store: store)
    let heap = Int(heap_bytes_in_use())
    let handle = try await node.node.open(room)
    try await handle.read { _ in }
    heap_trim()
    var figures = Figures(port: node.port, peerPort: node.peerPort)
    figures.documentBytes = Int(heap_bytes_in_use()) - heap
    figures.peakBytes = ProcessMemory.peakBytes
    ProcessMemory.forgetPeak()
    try tell(figures)
    while readLine() != nil {
      figures.peakBytes = ProcessMemory.peakBytes
      try tell(figures)
    }
    await node.stop()
  }

  /// Links an empty node to the sender and waits until it has stored all.
  private static func receive(_ store: String, _ peerPort: Int, _ units: Int) async throws {
    let start = ContinuousClock.now
    let node = try await RunningNode(store: store, peers: [try PeerAddress("tcp://127.0.0.1:\(peerPort)")])
    let handle = try await node.node.open(room)
    // A reading returns when all that was there is stored.
    try await until("the document") { try await handle.read { $0.text("body").count } == units }
    var figures = Figures()
    figures.seconds = (ContinuousClock.now - start).milliseconds / 1e3
    // Whatever the store still does.
    try await Task.sleep(for: .seconds(2))
    figures.peakBytes = ProcessMemory.peakBytes
    try tell(figures)
    while readLine() != nil {}
    await node.stop()
  }

  /// Reads the document as clients do, without keeping it.
  private static func read(_ port: Int, _ count: Int, _ pauseSeconds: Int) async throws {
    let start = ContinuousClock.now
    let ended = Atomic<Int>(0)
    var clients: [SocketClient] = []
    for _ in 0..<count {
      let client = try await SocketClient(room: room, port: port, isReading: pauseSeconds == 0) { _, isEnd in
        if isEnd { ended.add(1, ordering: .relaxed) }
      }
      client.askForAll()
      clients.append(client)
    }
    if pauseSeconds > 0 {
      try await Task.sleep(for: .seconds(pauseSeconds))
      for client in clients { try await client.startReading() }
    }
    try await until("the document") { ended.load(ordering: .relaxed) >= count }
    for client in clients { await client.close() }
    var figures = Figures()
    figures.seconds = (ContinuousClock.now - start).milliseconds / 1e3
    try tell(figures)
    while readLine() != nil {}
  }
}

/// What this process has in memory.
enum ProcessMemory {
  /// The most bytes that were resident at a time since ``forgetPeak()``.
  static var peakBytes: Int { kilobytes("VmHWM") << 10 }

  /// Starts to look for a new peak.
  static func forgetPeak() {
    try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
  }

  private static func kilobytes(_ field: String) -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(field + ":") }
    return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
  }
}

extension String {
  fileprivate func prefixed(_ count: Int) -> String { String(prefix(count)) }
}
