import CRDT
import InMemoryTracing
import Testing
import Tracing

@testable import SyncNode

@Suite("What operators see of a node")
struct ObservabilityTests {
  @Test("Lines of the log name the connection, the room and the user")
  func log() async throws {
    let log = RecordedLog()
    var configuration = RightsBook(["t": .all(.read, for: "ada")]).configuration
    configuration.logger = log.logger
    try await TestServer.run(configuration) { server in
      let client = try await server.connect("board?token=t")
      try await until("it has joined") { log.lines.contains { $0.message == "joined" } }
      let id = try #require(try await server.node.connections().first?.id)
      try await client.sendUpdate(Insertion.update("no", client: 1))
      _ = try await client.closure()
      try await until("it has left") { log.lines.contains { $0.message == "left" } }
      for message in ["joined", "left"] {
        let line = try #require(log.lines.first { $0.message == message })
        #expect(line.metadata["room"] == "board" && line.metadata["user"] == "ada", "\(line)")
        #expect(line.metadata["connection"] == "\(id)" && line.metadata["peer"]?.isEmpty == false, "\(line)")
      }
      let refusal = try #require(log.lines.first { $0.message == "refused" })
      #expect(refusal.metadata["connection"] == "\(id)" && refusal.metadata["for"] == "forbidden", "\(refusal)")
    }
  }

  @Test("A tracer is told of documents that are loaded and changes that are committed, and of what failed")
  func spans() async throws {
    let folder = try TemporaryFolder()
    let tracer = InMemoryTracer()
    var configuration = Node.Configuration.quiet(.file(folder.file("store.sqlite")))
    configuration.tracer = tracer
    try await TestServer.run(configuration) { server in
      try await server.node.open("board").edit { $0.text("t").append("a") }
      try await until("both are told") { tracer.finishedSpans.count >= 2 }
      let load = try #require(tracer.finishedSpans.first { $0.operationName == "load a document" })
      #expect(load.attributes.get("room") == .string("board") && load.attributes.get("bytes") == .int64(0))
      let commit = try #require(tracer.finishedSpans.first { $0.operationName == "commit" })
      #expect(commit.attributes.get("changes") == .int64(1) && commit.errors.isEmpty)
    }
    #expect(tracer.activeSpans.isEmpty)

    let store = GatedStore()
    let failing = InMemoryTracer()
    store.failLoads(with: StoreError(.damaged, path: "store"))
    var broken = Node.Configuration.quiet()
    broken.tracer = failing
    try await TestServer.run(broken, store: store) { server in
      await #expect(throws: RoomError.self) { _ = try await server.node.open("board") }
      #expect(failing.finishedSpans.contains { !$0.errors.isEmpty && $0.status?.code == .error })
    }
  }
}
