import Foundation
import Synchronization
import TestSupport

/// Three machines that reach each other over a network, from which each can be cut off without being told.
///
/// Each machine is a network namespace of its own. Where those are not allowed, or CRDT_NETWORK is `loopback`, all are this
/// machine, and connections between them go through forwarders that hold everything back while they are cut.
final class TestNetwork: Sendable {
  /// A service of a relay.
  enum Service: String {
    case http, tcp
  }

  static let machines = 0..<3

  /// Nil for forwarders.
  private let namespaces: String?
  /// Makes the network and removes it when its input ends, even when that is because these tests do.
  private let agent: ChildProcess
  private let lineCount = Mutex(1)

  private init(namespaces: String?, agent: ChildProcess) {
    self.namespaces = namespaces
    self.agent = agent
  }

  /// Runs `body` with a network, which is removed at the end however `body` ends.
  static func run(_ body: (TestNetwork) async throws -> Void) async throws {
    let network = try await start()
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(network))
    } catch {
      result = .failure(error)
    }
    try network.agent.closeInput()
    try await network.agent.waitForExit()
    try result.get()
  }

  private static func start() async throws -> TestNetwork {
    let folder = TestFiles.networksFolder
    if TestEnvironment.string("CRDT_NETWORK") != "loopback" {
      let name = "crdt-\(UUID().uuidString.prefix(8))"
      let agent = try ChildProcess(URL(filePath: "/bin/sh"), [folder.appending(path: "namespaces.sh").path, name])
      let isReady = try await eventually("the network is there: \(agent.standardError)") {
        agent.line(0) != nil ? true : agent.exitStatus.map { _ in false }
      }
      if isReady { return TestNetwork(namespaces: name, agent: agent) }
    }
    let agent = try ChildProcess(
      URL(filePath: "/usr/bin/env"), ["node", folder.appending(path: "forwarders.js").path])
    try await eventually("the forwarders are there: \(agent.standardError)") { agent.line(0) != nil }
    return TestNetwork(namespaces: nil, agent: agent)
  }

  /// What runs a command on a machine, when it stands before it.
  func launcher(on machine: Int) -> [String] {
    namespaces.map { ["ip", "netns", "exec", "\($0)-\(machine + 1)"] } ?? []
  }

  /// Where a machine's own programs listen.
  func host(of machine: Int) -> String { namespaces == nil ? "127.0.0.1" : "10.77.0.\(machine + 1)" }

  /// The port to listen on for `service`; 0 takes a free one.
  func port(of service: Service) -> Int {
    switch service {
    case _ where namespaces == nil: 0
    case .http: 8787
    case .tcp: 8788
    }
  }

  /// Where programs of `machine` reach `service` of another, as host and port. To be asked once.
  func address(of service: Service, of other: Int, from machine: Int) async throws -> String {
    guard namespaces == nil else { return "\(host(of: other)):\(port(of: service))" }
    return "127.0.0.1:\(try await tell("listen \(machine) \(other) \(service.rawValue)"))"
  }

  /// Notes which ports a relay has on its machine.
  func note(_ relay: Relay, on machine: Int) async throws {
    guard namespaces == nil else { return }
    _ = try await tell("target \(machine) http \(relay.port)")
    if let port = relay.tcpPort { _ = try await tell("target \(machine) tcp \(port)") }
  }

  /// Loses whatever goes to and from a machine.
  func cut(off machine: Int) async throws { _ = try await tell("cut \(number(machine))") }

  /// Joins a machine to the others again.
  func restore(_ machine: Int) async throws { _ = try await tell("restore \(number(machine))") }

  private func number(_ machine: Int) -> Int { namespaces == nil ? machine : machine + 1 }

  private func tell(_ line: String) async throws -> String {
    let index = try lineCount.withLock { count in
      try agent.send(Data(line.utf8))
      defer { count += 1 }
      return count
    }
    let answer = try await eventually("an answer to \(line): \(agent.standardError)") { agent.line(index) }
    return String(decoding: answer, as: UTF8.self)
  }
}
