import Foundation
import TestSupport
import Testing

/// What a run of `syncctl` left behind.
struct Outcome: CustomStringConvertible {
  let status: Int32
  let standardOutput: String
  let standardError: String

  var description: String { "exit \(status)\nstdout: \(standardOutput)\nstderr: \(standardError)" }

  /// The standard output read as JSON.
  func json() throws -> JSON {
    try JSONDecoder().decode(JSON.self, from: Data(standardOutput.utf8))
  }
}

/// Runs `syncctl` to its end.
func syncctl(_ arguments: String...) async throws -> Outcome {
  try await outcome(of: ChildProcess(TestFiles.syncctl, arguments))
}

func outcome(of process: ChildProcess) async throws -> Outcome {
  let status = try await process.waitForExit()
  return Outcome(
    status: status, standardOutput: process.standardOutput, standardError: process.standardError)
}

/// A running `syncctl serve`.
final class Relay: Sendable {
  let process: ChildProcess
  let store: URL
  let port: Int
  /// Where other relays connect over TCP or TLS, if they can.
  let tcpPort: Int?
  let isEncrypted: Bool

  private init(process: ChildProcess, store: URL, port: Int, tcpPort: Int?, isEncrypted: Bool) {
    self.process = process
    self.store = store
    self.port = port
    self.tcpPort = tcpPort
    self.isEncrypted = isEncrypted
  }

  /// Starts a relay on `store` and waits until it says that it listens.
  /// - Parameters:
  ///   - port: 0 takes a free one.
  ///   - tcpPort: Where to listen for other relays over TCP or TLS; 0 takes a free one.
  ///   - identity: What to show over TLS; nil to listen without encryption.
  ///   - trustRootsFile: What the certificates of peers must be signed by.
  ///   - options: More of them.
  ///   - launcher: What runs a command that stands behind it.
  static func start(
    store: URL, host: String = "127.0.0.1", port: Int = 0, tcpPort: Int? = nil, peers: [String] = [],
    identity: TestAuthority.Identity? = nil, trustRootsFile: String? = nil, options: [String] = [],
    launcher: [String] = []
  ) async throws -> Relay {
    var arguments = launcher + [TestFiles.syncctl.path, "serve", "--host", host, "--port", "\(port)"]
    arguments += ["--store", store.path] + options
    // On a busy machine it would alert of being slow, and have a room for that.
    if !options.contains("--alert-rules") { arguments += ["--alert-rules", try noAlertRules().path] }
    if let tcpPort { arguments += ["--tcp-port", "\(tcpPort)"] }
    for peer in peers { arguments += ["--peer", peer] }
    if let identity {
      arguments += ["--tls-certificate", identity.certificateFile, "--tls-key", identity.privateKeyFile]
    }
    if let trustRootsFile { arguments += ["--peer-trust-roots", trustRootsFile] }
    let process = try ChildProcess(URL(filePath: "/usr/bin/env"), arguments)
    return try await waitUntilReady(process, store: store)
  }

  /// A file with rules by which a relay never alerts, the same for all tests.
  private static func noAlertRules() throws -> URL {
    let file = FileManager.default.temporaryDirectory.appending(path: "syncctl-tests-no-alert-rules.json")
    if !FileManager.default.fileExists(atPath: file.path) { try Data("[]".utf8).write(to: file, options: .atomic) }
    return file
  }

  /// Reads `listening http://HOST:PORT ws://HOST:PORT [tcp://HOST:PORT] store=PATH`, or the same with TLS.
  static func waitUntilReady(_ process: ChildProcess, store: URL) async throws -> Relay {
    let line = try await eventually("the relay says that it listens: \(process.standardError)") {
      let line = process.line(0)
      if line == nil, let status = process.exitStatus { throw EndedEarly(status: status, process.standardError) }
      return line.map { String(decoding: $0, as: UTF8.self) }
    }
    let ready =
      /listening http(s?):\/\/[0-9.]+:(\d+) ws(s?):\/\/[0-9.]+:(\d+)(?: (tcp|tls):\/\/[0-9.]+:(\d+))? store=(.+)/
    let match = try #require(try ready.wholeMatch(in: line), "unexpected first line: \(line)")
    let isEncrypted = !match.1.isEmpty
    #expect(match.1 == match.3 && match.2 == match.4)
    #expect(match.5 == nil || (match.5 == "tls") == isEncrypted)
    #expect(match.7 == store.path)
    return Relay(
      process: process, store: store, port: try #require(Int(match.2)), tcpPort: match.6.flatMap { Int($0) },
      isEncrypted: isEncrypted)
  }

  /// What a client's `serverUrl` is.
  var url: String { isEncrypted ? "wss://localhost:\(port)" : "ws://127.0.0.1:\(port)" }

  /// Where other relays reach this one over TCP or TLS.
  var tcpURL: String { isEncrypted ? "tls://localhost:\(tcpPort ?? 0)" : "tcp://127.0.0.1:\(tcpPort ?? 0)" }

  /// Ends the relay as a crash would, without any chance to clean up.
  func crash() async throws {
    process.signal(SIGKILL)
    try await process.waitForExit()
  }

  struct EndedEarly: Error {
    let status: Int32
    let message: String

    init(status: Int32, _ message: String) {
      self.status = status
      self.message = message
    }
  }
}
