import Foundation
import Logging
import NIOCore
import SyncHTTP
import Synchronization
import Testing

@testable import SyncNode

/// The rules of WebSocket (RFC 6455), by the cases of Autobahn.
@Suite(.serialized) struct ConformanceTests {
  /// How one case ended.
  private struct Verdict: Decodable {
    let `case`: String
    let passed: Bool
    let result: String
    let close: String
  }

  @Test("The node's own listener passes all of Autobahn's cases for servers")
  func ownListener() async throws {
    try await expectConformance { node, onListening in
      try await WebSocketListener(node: node, address: ListenAddress(port: 0), onListening: onListening).run()
    }
  }

  @Test("The HTTP server passes all of Autobahn's cases for servers")
  func httpServer() async throws {
    try await expectConformance { node, onListening in
      try await HTTPServer(node: node, address: ListenAddress(port: 0), onListening: onListening).run()
    }
  }

  /// Runs all cases against a node that sends back what it gets, behind a listener.
  private func expectConformance(
    _ listen: @escaping @Sendable (Node, @escaping @Sendable (Int) -> Void) async throws -> Void
  ) async throws {
    var configuration = Node.Configuration(store: .ephemeral)
    configuration.logger.logLevel = .critical
    // Some cases send as much as they can.
    configuration.limits.clientMessagesPerSecondMax = .max
    configuration.limits.clientBytesPerSecondMax = .max
    configuration.conversation = { EchoConversation($0) }
    let node = try Node(configuration)
    let port = Mutex<Int?>(nil)
    let verdicts = try await withThrowingTaskGroup(of: Void.self) { group in
      let onListening: @Sendable (Int) -> Void = { bound in port.withLock { $0 = bound } }
      group.addTask { try await listen(node, onListening) }
      let bound = try await eventually("the listener") { port.withLock { $0 } }
      let verdicts = try await runCases(at: "ws://127.0.0.1:\(bound)")
      group.cancelAll()
      await node.stop()
      return verdicts
    }
    #expect(verdicts.count > 240, "the cases did not run")
    for verdict in verdicts {
      #expect(verdict.passed, "case \(verdict.case): \(verdict.result) \(verdict.close)")
    }
  }

  private func runCases(at address: String) async throws -> [Verdict] {
    let script = TestFiles.clientsFolder.appending(path: "conformance.py").path
    let process = try ChildProcess(TestFiles.python, [script, address])
    let status = try await eventually("the cases end", within: .seconds(240)) { process.exitStatus }
    try #require(status == 0, "\(process.standardError)")
    return try process.standardOutput.split(separator: "\n").map { line in
      try JSONDecoder().decode(Verdict.self, from: Data(line.utf8))
    }
  }
}

/// Sends back what it gets, as it got it.
private final class EchoConversation: TextConversation {
  private let connection: Connection

  init(_ connection: Connection) {
    self.connection = connection
    connection.beginDecision()
    connection.endDecision(isAdmitted: true)
  }

  func receive(_ message: ByteBuffer) {
    connection.send(frame(message))
    connection.intake.finish(byteCount: message.readableBytes)
  }

  func receive(text: ByteBuffer) {
    var frame = frame(text)
    // The same in the first byte but for the opcode, which is 1 for text and 2 for binary.
    frame.setInteger(0x81 as UInt8, at: frame.readerIndex)
    connection.send(frame)
    connection.intake.finish(byteCount: text.readableBytes)
  }

  func reviewAccess() {}

  func end() {}

  private func frame(_ message: ByteBuffer) -> ByteBuffer {
    message.withUnsafeReadableBytes { connection.transport.message($0) }
  }
}
