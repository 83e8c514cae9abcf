import CRDT
import Foundation
import Logging
import Testing

@testable import SyncNode

@Suite("Limits on documents, memory and disk")
struct DocumentLimitTests {
  /// An update of `client` with `byteCount` bytes of text in `t`.
  private func text(_ byteCount: Int, client: UInt64) -> [UInt8] {
    let document = Document(clientID: ClientID(rawValue: client))
    document.text("t").append(String(repeating: "x", count: byteCount))
    return document.encodeUpdate()
  }

  private func addressed(_ address: String, _ message: [UInt8]) -> [UInt8] {
    [UInt8(address.utf8.count)] + Array(address.utf8) + message
  }

  private func open(_ address: String, of client: TestClient) async throws {
    try await client.send(addressed(address, [2, 0, 0]))
    try await until("\(address) is open") {
      client.hasReceived(addressed(address, [2, 2, 10] + Array("read-write".utf8)))
    }
  }

  @Test("An update that makes a document too large is not applied, and deleting makes room")
  func documentBytes() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.documentBytesMax = 10_000
    try await TestServer.run(configuration) { server in
      let first = text(6_000, client: 1)
      let writer = try await server.connect("room")
      try await writer.sendUpdate(first)
      _ = try await writer.payload(.update) { $0 == first }
      let greedy = try await server.connect("room")
      try await greedy.sendUpdate(text(6_000, client: 2))
      let closure = try await greedy.closure()
      #expect(closure.code == 4413 && closure.reason == "the document would have more than 10000 bytes", "\(closure)")
      // What is there already is no more.
      let again = try await server.connect("room")
      try await again.sendUpdate(first)
      _ = try await again.payload(.update) { $0 == first }
      let many = try await server.connect("")
      try await open("room", of: many)
      try await many.send(addressed("room", Message.syncStep2(text(6_000, client: 3))))
      try await until("the refusal") { many.hasReceived(addressed("room", [8, 0])) }
      #expect(server.node.refusalCounts == [.largeDocument: 2])
      let room = try await server.node.open("room")
      #expect(try await room.read { $0.text("t").count } == 6_000)

      let editor = Document(clientID: 4)
      try editor.apply(first)
      let known = editor.stateVector
      editor.text("t").delete(at: 0, count: 5_000)
      let deletion = editor.encodeUpdate(since: known)
      #expect(deletion.first == 0)
      try await writer.sendUpdate(deletion)
      let small = text(6_000, client: 5)
      try await writer.sendUpdate(small)
      _ = try await writer.payload(.update) { $0 == small }
      #expect(try await room.read { $0.text("t").count } == 7_000)
      // This process is not bound.
      try await room.edit { $0.text("t").append(String(repeating: "x", count: 20_000)) }
    }
  }

  @Test("What another node has taken is taken, however large: documents stay equal")
  func nodes() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.documentBytesMax = 10_000
    configuration.limits.pendingBytesMax = 1
    configuration.limits.memoryBytesMax = 1
    try await TestServer.run(configuration) { server in
      let node = try Node(.linked(to: try server.address("tcp")))
      let there = try await node.open("room")
      try await there.edit { $0.text("t").append(String(repeating: "x", count: 50_000)) }
      try await there.flushed(to: server.node.id)
      let here = try await server.node.open("room")
      #expect(try await here.read { $0.text("t").count } == 50_000)
      #expect(server.node.refusalCounts.isEmpty)
      await node.stop()
    }
  }

  @Test("An update that would leave too much waiting is not applied, not even in part; one that fills a gap is")
  func pendingBytes() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.pendingBytesMax = 1_200
    try await TestServer.run(configuration) { server in
      // Two that wait for the first unit of their clients.
      let waiting = [Insertion.update("b", client: 1, clock: 1), Insertion.update("b", client: 2, clock: 1)]
      let client = try await server.connect("room")
      for update in waiting {
        try await client.sendUpdate(update)
        _ = try await client.payload(.update) { $0 == update }
      }
      let flood = try await server.connect("room")
      // One section that goes in, and one that has to wait.
      try await flood.sendUpdate(
        [2] + Insertion.update("c", client: 4)[1...].dropLast() + Insertion.update("b", client: 3, clock: 1)[1...])
      let closure = try await flood.closure()
      #expect(closure.code == 1008 && closure.reason.contains("missing updates"), "\(closure)")
      let deletions = try await server.connect("room")
      try await deletions.sendUpdate([0, 1, 7, 3, 1, 1, 3, 1, 5, 1])
      #expect(try await deletions.closure().code == 1008)
      #expect(server.node.refusalCounts == [.tooMuchPending: 2])
      let room = try await server.node.open("room")
      #expect(try await room.read { $0.text("t").string } == "")
      for number in 1...2 as ClosedRange<UInt8> {
        let update = Insertion.update("a", client: number)
        try await client.sendUpdate(update)
        _ = try await client.payload(.update) { $0 == update }
      }
      #expect(try await room.read { $0.text("t").count } == 4)
      #expect(try await room.read { $0.pendingBytes } == 0)
    }
  }

  @Test("When rooms take too much memory, the one that was left first is unloaded at once, and all is still there")
  func unloading() async throws {
    let folder = try TemporaryFolder()
    var configuration = Node.Configuration.quiet(.file(folder.file("store.sqlite")))
    configuration.limits.memoryBytesMax = 3 << 20
    configuration.roomIdle = .seconds(3_600)
    let node = try Node(configuration)
    for number in 0..<6 {
      let room = try await node.open("room-\(number)")
      try await room.edit { $0.text("t").append(String(repeating: "\(number)", count: 256 << 10)) }
    }
    // The first ones, as many as it takes; one that is being stored at that moment is passed over.
    try await until("room in memory") { !node.rooms.isFull && node.rooms.memoryBytes <= 3 << 20 }
    let loaded = Set(node.rooms.names(onlyUsed: false))
    #expect(loaded.contains("room-5") && loaded.count < 6 && loaded.count > 1, "\(loaded)")
    #expect(!loaded.isSuperset(of: ["room-0", "room-1"]), "\(loaded)")
    for number in 0..<6 {
      let room = try await node.open("room-\(number)")
      #expect(try await room.read { $0.text("t").string.first } == "\(number)".first)
    }
    await node.stop()
  }

  @Test("When all rooms are in use, clients get no others and add nothing, until some are left")
  func memory() async throws {
    let folder = try TemporaryFolder()
    var configuration = Node.Configuration.quiet(.file(folder.file("store.sqlite")))
    configuration.limits.memoryBytesMax = 2 << 20
    configuration.roomIdle = .seconds(3_600)
    try await TestServer.run(configuration) { server in
      let writer = try await server.connect("room")
      for number in 1...4 as ClosedRange<UInt64> {
        let update = text(256 << 10, client: number)
        try await writer.sendUpdate(update)
        _ = try await writer.payload(.update) { $0 == update }
      }
      #expect(server.node.rooms.isFull)
      let late = try await server.connect("other").closure()
      #expect(late.code == 1013 && late.reason.contains("another room"), "\(late)")
      let many = try await server.connect("")
      let reason = "no memory is left for another room: try again later"
      try await many.send(addressed("other", [2, 0, 0]))
      try await until("the denial") {
        many.hasReceived(addressed("other", [2, 1, UInt8(reason.utf8.count)] + Array(reason.utf8)))
      }
      try await open("room", of: many)
      try await many.send(addressed("room", Message.update(Insertion.update("a", client: 9))))
      try await until("the refusal") { many.hasReceived(addressed("room", [8, 0])) }
      try await many.send(addressed("room", Message.update([0, 1, 1, 1, 0, 1])))
      try await until("a deletion") { many.hasReceived(addressed("room", [8, 1])) }
      #expect(server.node.refusalCounts == [.outOfMemory: 3])
      // This process gets what it wants.
      _ = try await server.node.open("own")
      try await writer.disconnect()
      try await many.disconnect()
      try await until("room for another") {
        let other = try await server.connect("other")
        let answer = try await eventually("an answer") { other.received.first }
        if case .message = answer { return true } else { return false }
      }
      // Others are let in once it is leaving.
      try await until("the large room has left") { !server.node.rooms.names(onlyUsed: false).contains("room") }
    }
  }

  @Test("When few large rooms take all memory, others go on to take what is not much, until that is used up")
  func share() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.memoryBytesMax = 2 << 20
    try await TestServer.run(configuration) { server in
      let small = try await server.connect("small")
      let large = try await server.connect("large")
      var number: UInt64 = 0
      while !server.node.rooms.isFull {
        number += 1
        let update = text(64 << 10, client: number)
        try await large.sendUpdate(update)
        _ = try await large.payload(.update) { $0 == update }
      }
      for number in 1...9 as ClosedRange<UInt8> {
        let update = Insertion.update("a", client: number)
        try await small.sendUpdate(update)
        _ = try await small.payload(.update) { $0 == update }
      }
      try await large.sendUpdate(Insertion.update("a", client: 100))
      #expect(try await large.closure().code == 1013)
      // More than half of all would be more than its share.
      try await small.sendUpdate(text(1 << 20, client: 10))
      #expect(try await small.closure().code == 1013)
      #expect(server.node.refusalCounts == [.outOfMemory: 2])
    }
  }

  @Test("A room that is too large for the memory that is left is not opened for a client")
  func largeRoom() async throws {
    let store = GatedStore()
    var configuration = Node.Configuration.quiet()
    configuration.limits.memoryBytesMax = 1 << 20
    try await TestServer.run(configuration, store: store) { server in
      let large = text(1 << 20, client: 1)
      store.append(UpdateRecord(name: "large", sequence: 1, source: "test", bytes: large)) { _ in }
      let closure = try await server.connect("large").closure()
      #expect(closure.code == 1013 && closure.reason.contains("for the room"), "\(closure)")
      #expect(server.node.refusalCounts == [.outOfMemory: 1])
      #expect(server.node.rooms.count == 0 && !server.node.rooms.isFull)
      let room = try await server.node.open("large")
      #expect(try await room.read { $0.text("t").count } == 1 << 20)
    }
  }

  @Test("A store takes no more than its limit, folds logs within it, and takes more when that is raised")
  func storeBytes() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("store.sqlite")
    var store = try SQLiteStore(path: path, durability: .normal, bytesMax: 1 << 20, logger: quietLogger)
    func append(_ sequence: Int64) async -> Result<Void, StoreError> {
      let record = UpdateRecord(
        name: "room", sequence: sequence, source: "t", bytes: [UInt8](repeating: 1, count: 50_000))
      return await withCheckedContinuation { continuation in store.append(record) { continuation.resume(returning: $0) }
      }
    }
    for sequence in 1...17 { try await append(Int64(sequence)).get() }
    // There is no room for it beside the log, nor for the log as the room's history.
    let snapshot = SnapshotRecord(name: "room", sequence: 17, bytes: [UInt8](repeating: 1, count: 500_000))
    try await withCheckedContinuation { continuation in store.compact(snapshot) { continuation.resume(returning: $0) } }
      .get()
    #expect(try StoreReader(path: path).history(of: "room")?.map(\.author) == [.unknown])
    var stored: Int64 = 17
    while stored < 100, case .success = await append(stored + 1) { stored += 1 }
    #expect(stored > 20 && stored < 30)
    #expect(store.writability.failure?.code == .diskFull)
    await store.close()
    let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    #expect(bytes ?? .max <= 1 << 20)
    store = try SQLiteStore(path: path, durability: .normal, bytesMax: 2 << 20, logger: quietLogger)
    try await append(stored + 1).get()
    await store.close()
  }

  private var quietLogger: Logger {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
  }
}
