import Foundation
import TestSupport
import Testing

/// Three relays on machines of their own, each link in another way, on a network that fails.
@Suite struct NetworkTests {
  /// Links in a ring, by who dials whom; one pair of relays has two.
  private static let links: [(from: Int, to: Int, scheme: String)] = [
    (0, 2, "ws"), (1, 0, "wss"), (2, 1, "tcp"), (2, 0, "tls"),
  ]
  /// The machine whose relay speaks TLS.
  private static let encrypted = 0

  @Test(
    "Relays and clients on machines that are cut off and relays that are killed at random end up equal and complete")
  func failures() async throws {
    let seed = UInt64(TestEnvironment.integer("CRDT_SEED") ?? 9)
    try await TestNetwork.run { network in
      try await NetworkTests.run(on: network, seed: seed)
    }
  }

  private static func run(on network: TestNetwork, seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let folder = try TemporaryFolder()
    var relays = try await Relays(on: network, in: folder)
    let clients = try await clients(of: relays, on: network)
    for client in clients { try await client.waitUntilSynced() }

    let (rounds, burst) = (8, 20)
    for round in 0..<rounds {
      let isolated = random.below(TestNetwork.machines.count)
      // In every other round a relay is killed, too: then all goes on at once.
      let victim = round.isMultiple(of: 2) ? nil : random.below(TestNetwork.machines.count)
      if victim == nil { try await eventuallyEqual(clients, within: .seconds(60)) }
      for client in clients { try await client.burst("\(client.name)-\(round)", count: burst) }
      let offline = relays.offlineCount
      try await network.cut(off: isolated)
      try await clients[isolated].push(.string("alone-\(round)"))
      if let victim {
        try await relays.restart(victim)
      } else {
        try await eventually("somebody notices the cut: \(relays.logs)") { relays.offlineCount > offline }
      }
      for client in clients where client.name != clients[isolated].name {
        let list = try await client.content().list
        #expect(!list.contains(.string("alone-\(round)")), "the network was not cut, seed \(seed)")
      }
      try await network.restore(isolated)
    }
    let total = rounds * (clients.count * burst + 1)
    let content = try await eventuallyEqual(clients, within: .seconds(60)) { $0.list.count == total }
    #expect(Set(content.list).count == total, "seed \(seed)")

    for relay in relays.all {
      relay.process.signal(SIGTERM)
      #expect(try await relay.process.waitForExit() == 0, "\(relay.process.standardError)")
      let file = folder.file("export.update")
      let outcome = try await syncctl("export", "room", "--store", relay.store.path, "-o", file.path)
      #expect(outcome.status == 0, "\(outcome)")
      let stored = try await clients[0].host.load(try Data(contentsOf: file))
      #expect(stored == content, "\(relay.store.lastPathComponent), seed \(seed)")
    }
  }

  /// One stock client on each machine, each of another kind.
  private static func clients(of relays: Relays, on network: TestNetwork) async throws -> [Client] {
    let roots = relays.trustRootsFile
    let first = try ClientHost.yjs(trustRootsFile: roots, launcher: network.launcher(on: 0))
    let second = try ClientHost.yjs(trustRootsFile: roots, launcher: network.launcher(on: 1))
    let third = try ClientHost.pycrdt(trustRootsFile: roots, launcher: network.launcher(on: 2))
    return [
      try await first.open("alice", at: relays.url(for: 0), room: "room"),
      try await second.openMultiplexed("bob", at: relays.url(for: 1), room: "room"),
      try await third.open("carol", at: relays.url(for: 2), room: "room"),
    ]
  }

  /// A relay on each machine.
  private struct Relays {
    private let network: TestNetwork
    private let authority: TestAuthority
    private let identity: TestAuthority.Identity
    private let stores: [URL]
    /// Addresses that each dials.
    private var peers: [[String]] = [[], [], []]
    private(set) var all: [Relay] = []
    /// How often the processes that were killed said that a link was off.
    private var earlierOfflineCount = 0

    init(on network: TestNetwork, in folder: TemporaryFolder) async throws {
      self.network = network
      authority = try TestAuthority()
      identity = try authority.issue("IP:\(network.host(of: encrypted))")
      stores = TestNetwork.machines.map { folder.file("store-\($0).sqlite") }
      for (from, to, scheme) in links {
        let service: TestNetwork.Service = scheme.hasPrefix("ws") ? .http : .tcp
        peers[from].append("\(scheme)://\(try await network.address(of: service, of: to, from: from))")
      }
      for machine in TestNetwork.machines {
        all.append(try await start(machine, port: network.port(of: .http), tcpPort: network.port(of: .tcp)))
        try await network.note(all[machine], on: machine)
      }
    }

    var trustRootsFile: String { authority.rootFile }

    /// What a client of the same machine connects to.
    func url(for machine: Int) -> String {
      "\(machine == encrypted ? "wss" : "ws")://\(network.host(of: machine)):\(all[machine].port)"
    }

    private func start(_ machine: Int, port: Int, tcpPort: Int) async throws -> Relay {
      let hasRoots = peers[machine].contains { $0.hasPrefix("wss:") || $0.hasPrefix("tls:") }
      return try await Relay.start(
        store: stores[machine], host: network.host(of: machine), port: port, tcpPort: tcpPort, peers: peers[machine],
        identity: machine == encrypted ? identity : nil, trustRootsFile: hasRoots ? trustRootsFile : nil,
        options: ["--ping-interval", "1", "--allow-remote-without-auth", "--allow-remote-without-tls"],
        launcher: network.launcher(on: machine))
    }

    /// Kills a relay, and starts it again on its store.
    mutating func restart(_ machine: Int) async throws {
      let relay = all[machine]
      try await relay.crash()
      earlierOfflineCount += Relays.offlineCount(in: relay)
      all[machine] = try await start(machine, port: relay.port, tcpPort: relay.tcpPort ?? 0)
    }

    /// How often a relay said that a link is off.
    var offlineCount: Int { all.reduce(earlierOfflineCount) { $0 + Relays.offlineCount(in: $1) } }

    private static func offlineCount(in relay: Relay) -> Int {
      relay.process.standardError.components(separatedBy: "link: offline").count - 1
    }

    var logs: String { all.map(\.process.standardError).joined(separator: "\n") }
  }
}
