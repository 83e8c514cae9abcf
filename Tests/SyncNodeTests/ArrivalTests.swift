import CRDT
import Foundation
import NIOCore
import NIOEmbedded
import Synchronization
import TestSupport
import Testing

@testable import SyncNode

@Suite("Connections of which it is not known yet who is there")
struct ArrivalTests {
  /// A way to say as little as possible for as long as possible.
  enum Slowness: CaseIterable {
    case silence, handshake, requestLine, headers, body, silentSocket, silentNode
  }

  @Test(
    "Whoever does not say in time who it is, is cut off", arguments: Slowness.allCases, ClientListener.allCases)
  func slow(_ slowness: Slowness, _ listener: ClientListener) async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.unauthenticatedSecondsMax = 1
    let authority = slowness == .handshake ? try TestAuthority() : nil
    let tls = try authority.map {
      let files = try $0.issue("DNS:localhost")
      return try TLSIdentity(certificateFile: files.certificateFile, privateKeyFile: files.privateKeyFile)
    }
    try await TestServer.run(configuration, tls: tls, listener: listener) { server in
      let ports = slowness == .handshake ? [server.port, server.peerPort] : [server.port]
      for (count, port) in ports.enumerated() {
        let peer = try await RawPeer.connect(port: slowness == .silentNode ? server.peerPort : port)
        // On a busy machine it may be over by now.
        try? await peer.send(start(slowness))
        // A byte at a time, for as long as it is taken.
        try await until("the end of the connection") {
          if let next = next(slowness) { try? await peer.send([next]) }
          return !peer.isConnected
        }
        try await until("it is counted") { server.node.refusalCounts == [.slowAuthentication: count + 1] }
      }
    }
  }

  private func start(_ slowness: Slowness) -> [UInt8] {
    switch slowness {
    case .silence, .requestLine, .silentNode: []
    // A record of 16 KiB that is to hold the client's first word.
    case .handshake: [0x16, 3, 1, 0x40, 0, 1, 0, 0x3F, 0xFC]
    case .headers: Array("GET /room HTTP/1.1\r\nHost: x\r\nX: ".utf8)
    case .body: Array("POST /room HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n".utf8)
    case .silentSocket: RawPeer.upgrade("")
    }
  }

  private func next(_ slowness: Slowness) -> UInt8? {
    switch slowness {
    case .silence, .silentSocket, .silentNode: nil
    case .handshake: 0
    case .requestLine, .headers, .body: UInt8(ascii: "A")
    }
  }

  @Test(
    "Who sends much before it is known who it is, is cut off", arguments: ["/room", "", "node"],
    ClientListener.allCases)
  func many(_ path: String, _ listener: ClientListener) async throws {
    var configuration = Node.Configuration.quiet()
    // On a busy machine the bytes may take long.
    configuration.limits.unauthenticatedSecondsMax = 600
    try await TestServer.run(configuration, listener: listener) { server in
      let peer = try await RawPeer.connect(port: path == "node" ? server.peerPort : server.port)
      if path.isEmpty {
        try await peer.send(RawPeer.upgrade(""))
        _ = try await peer.text(until: "101")
        // A message for a document that is not open, before any token.
        try await peer.send([0x82, 0xFF, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0])
      } else if path == "/room" {
        try await peer.send(Array("GET /room HTTP/1.1\r\n".utf8))
      } else {
        try await peer.send([0, 16, 0, 0])
      }
      let lines = [[UInt8]](repeating: Array("X: \(String(repeating: "x", count: 1000))\r\n".utf8), count: 8)
      try await until("the end of the connection") {
        try? await peer.send(Array(lines.joined()))
        return !peer.isConnected
      }
      try await until("it is counted") { server.node.refusalCounts == [.unauthenticatedBytes: 1] }
    }
  }

  @Test(
    "A connection is closed that is kept for a next request which does not come, or comes slowly", arguments: [0, 1])
  func keptAlive(_ byteCount: Int) async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.unauthenticatedSecondsMax = 3
    try await TestServer.run(configuration, listener: .http) { server in
      let peer = try await answered(twiceBy: server)
      let before = server.node.refusalCounts[.slowAuthentication] ?? 0
      if byteCount > 0 { try? await peer.send(start(.headers)) }
      try await until("the end of the connection") {
        try? await peer.send([UInt8](repeating: UInt8(ascii: "A"), count: byteCount))
        return !peer.isConnected
      }
      #expect(server.node.refusalCounts[.slowAuthentication] ?? 0 == before + byteCount)
    }
  }

  /// A connection that has had two answers. On a busy machine one may be closed before it has.
  private func answered(twiceBy server: TestServer) async throws -> RawPeer {
    try await eventually("two answers over one connection") {
      let peer = try await RawPeer.connect(port: server.port)
      for count in 1...2 {
        try? await peer.send(Array("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8))
        try await until("an answer, or the end") { answers(peer) == count || !peer.isConnected }
      }
      return answers(peer) == 2 ? peer : nil
    }
  }

  private func answers(_ peer: RawPeer) -> Int {
    String(decoding: peer.received, as: UTF8.self).components(separatedBy: "\r\n\r\nok\n").count - 1
  }

  @Test("What a client says while it is decided on waits, however much it is")
  func waiting() async throws {
    let gate = Gate()
    var configuration = Node.Configuration.quiet()
    configuration.authorizer = gate
    configuration.limits.unauthenticatedBytesMax = 4096
    try await TestServer.run(configuration) { server in
      let client = try await server.connect("room?token=a")
      let text = String(repeating: "x", count: 10_000)
      async let sent: Void = {
        let document = Document()
        for _ in 1...20 {
          let known = document.stateVector
          document.text("t").append(text)
          try await client.sendUpdate(document.encodeUpdate(since: known))
        }
      }()
      try await until("the question") { gate.count == 1 }
      #expect(server.node.refusalCounts == [:] && server.node.roomCount == 0)
      gate.open()
      try await sent
      let room = try await server.node.open("room")
      try await until("all that was said") { try await room.read { $0.text("t").count } == 200_000 }
    }
  }

  @Test("More than the bound is not read while it is decided on, and read when it was")
  func held() throws {
    var limits = Limits()
    limits.unauthenticatedBytesMax = 100
    let reads = ReadCounter()
    let arrival = ArrivalHandler(limits: limits) { _, _ in Issue.record("nobody is to be cut off") }
    let channel = EmbeddedChannel(handlers: [reads, arrival])
    channel.read()
    #expect(reads.count == 1)
    arrival.beginDecision()
    try channel.writeInbound(ByteBuffer(repeating: 0, count: 101))
    channel.read()
    #expect(reads.count == 1)
    arrival.endDecision(isAdmitted: true)
    #expect(reads.count == 2)
    channel.read()
    #expect(reads.count == 3)
    try channel.writeInbound(ByteBuffer(repeating: 0, count: 1000))
    channel.embeddedEventLoop.advanceTime(by: .hours(1))
    _ = try channel.finish(acceptAlreadyClosed: true)
  }

  @Test("Who was denied is held to the bounds again")
  func denied() throws {
    var limits = Limits()
    limits.unauthenticatedBytesMax = 100
    var refusals: [Refusal] = []
    let arrival = ArrivalHandler(limits: limits) { refusal, _ in refusals.append(refusal) }
    let channel = EmbeddedChannel(handler: arrival)
    arrival.beginDecision()
    try channel.writeInbound(ByteBuffer(repeating: 0, count: 101))
    #expect(refusals.isEmpty)
    arrival.endDecision(isAdmitted: false)
    #expect(refusals == [.unauthenticatedBytes])
  }

  /// Lets everybody in, when it is opened.
  private final class Gate: Authorizer {
    private struct State {
      var isOpen = false
      var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.waiting.count } }

    func open() {
      let waiting = state.withLock { state in
        state.isOpen = true
        return state.waiting
      }
      for continuation in waiting { continuation.resume() }
    }

    func grant(for request: AccessRequest) async throws -> Grant {
      await withCheckedContinuation { continuation in
        let isOpen = state.withLock { state in
          if !state.isOpen { state.waiting.append(continuation) }
          return state.isOpen
        }
        if isOpen { continuation.resume() }
      }
      return Grant()
    }
  }

  private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private(set) var count = 0

    func read(context: ChannelHandlerContext) {
      count += 1
      context.read()
    }
  }
}
