import CRDT
import Foundation
import Testing

@testable import SyncNode

@Suite("Hostile frames")
struct HostileFrameTests {
  /// Frames that break a rule, and the code that the connection is closed with.
  struct Frames: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let code: UInt16
    let bytes: [UInt8]
    let refusal: Refusal
  }

  private static let mask: [UInt8] = [0, 0, 0, 0]

  static let broken: [Frames] = [
    frames("not masked", 1002, [0x82, 1, 0]),
    frames("a reserved bit", 1002, [0xC2, 0x81] + mask + [0]),
    frames("a reserved opcode", 1002, [0x83, 0x80] + mask),
    frames("a reserved opcode of control frames", 1002, [0x8B, 0x80] + mask),
    frames("text", 1003, [0x81, 0x81] + mask + [0x61], .textFrame),
    frames("more bytes than a message may have", 1009, [0x82, 0xFF, 0, 0, 0, 0, 2, 0, 0, 1] + mask, .largeMessage),
    frames(
      "the most bytes that can be said", 1009, [0x82, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7) + mask,
      .largeMessage),
    frames(
      "a length with its highest bit", 1009, [0x82, 0xFF] + [UInt8](repeating: 0xFF, count: 8) + mask, .largeMessage),
    frames("a ping in parts", 1002, [0x09, 0x80] + mask),
    frames("a long ping", 1002, [0x89, 0xFE, 0, 126] + mask + [UInt8](repeating: 0, count: 126)),
    frames("a continuation of nothing", 1002, [0x80, 0x80] + mask),
    frames("a message inside another", 1002, [0x02, 0x80] + mask + [0x82, 0x80] + mask),
    frames("a close code of one byte", 1002, [0x88, 0x81] + mask + [3]),
    frames("a close code that is for no wire", 1002, [0x88, 0x82] + mask + [0x03, 0xED]),
    frames("a close code that means nothing", 1002, [0x88, 0x82] + mask + [0x00, 0x07]),
    frames("a close reason that is not UTF-8", 1007, [0x88, 0x83] + mask + [0x03, 0xE8, 0xFF], .unreadableMessage),
  ]

  private static func frames(
    _ name: String, _ code: UInt16, _ bytes: [UInt8], _ refusal: Refusal = .brokenFrame
  ) -> Frames {
    Frames(testDescription: name, code: code, bytes: bytes, refusal: refusal)
  }

  @Test("Frames that break the rules end their own connection with the right code", arguments: ClientListener.allCases)
  func broken(_ listener: ClientListener) async throws {
    try await TestServer.run(listener: listener) { server in
      let client = try await server.connect("room")
      for (number, frames) in HostileFrameTests.broken.enumerated() {
        let before = server.node.refusalCounts[frames.refusal] ?? 0
        let peer = try await joined(server)
        try await peer.send(frames.bytes)
        let code = try await closeCode(peer)
        #expect(code == frames.code, "\(frames.testDescription)")
        #expect(server.node.refusalCounts[frames.refusal] == before + 1, "\(frames.testDescription)")
        let update = Insertion.update("\(number)", client: UInt8(number + 1))
        try await client.sendUpdate(update)
        _ = try await client.payload(.update) { $0 == update }
      }
    }
  }

  @Test(
    "Frames that are no messages count as such: fragments without end, and pings",
    arguments: [[0x00, 0x80], [0x89, 0x80], [0x8A, 0x80]] as [[UInt8]], ClientListener.allCases)
  func floods(_ start: [UInt8], _ listener: ClientListener) async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.clientMessagesPerSecondMax = 10
    try await TestServer.run(configuration, listener: listener) { server in
      let peer = try await joined(server)
      if start[0] == 0 { try await peer.send([0x02, 0x80] + HostileFrameTests.mask) }
      let frames = [[UInt8]](repeating: start + HostileFrameTests.mask, count: 200).flatMap { $0 }
      try await peer.send(frames)
      #expect(try await closeCode(peer) == 1008)
      #expect(server.node.refusalCounts == [.flood: 1])
    }
  }

  /// A client that has joined a room and says nothing by itself.
  private func joined(_ server: TestServer) async throws -> RawPeer {
    let peer = try await RawPeer.connect(port: server.port)
    try await peer.send(RawPeer.upgrade("room"))
    try await until("the room's state") { peer.serverFrames.first?.first == 0x82 }
    return peer
  }

  private func closeCode(_ peer: RawPeer) async throws -> UInt16 {
    let frame = try await eventually("a close frame") { peer.serverFrames.first { $0[0] == 0x88 } }
    return UInt16(frame[2]) << 8 | UInt16(frame[3])
  }
}

extension RawPeer {
  /// The whole frames behind the answer to an upgrade, none of which has 126 bytes or more.
  var serverFrames: [[UInt8]] {
    let bytes = received
    guard let end = String(decoding: bytes, as: UTF8.self).range(of: "\r\n\r\n") else { return [] }
    let head = String(decoding: bytes, as: UTF8.self)[..<end.upperBound].utf8.count
    var rest = bytes.dropFirst(head)
    var frames: [[UInt8]] = []
    while rest.count >= 2, rest.count >= 2 + Int(rest[rest.startIndex + 1]) {
      let count = 2 + Int(rest[rest.startIndex + 1])
      frames.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    return frames
  }
}
