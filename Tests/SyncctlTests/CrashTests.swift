import Foundation
import TestSupport
import Testing

/// What a client was told is stored survives `kill -9`.
@Suite struct CrashTests {
  @Test("After kill -9 in the middle of a burst the store has every update whose sender was told so, 20 times over")
  func acknowledgedUpdatesSurviveCrashes() async throws {
    let seed: UInt64 = 20
    var random = SeededGenerator(seed: seed)
    let folder = try TemporaryFolder()
    let store = folder.file("store.sqlite")
    var relay = try await Relay.start(store: store)
    let yjs = try ClientHost.yjs()
    let pycrdt = try ClientHost.pycrdt()
    let clients = [
      try await yjs.open("alice", at: relay.url, room: "burst"),
      try await yjs.openMultiplexed("bob", at: relay.url, room: "burst"),
      try await pycrdt.open("carol", at: relay.url, room: "burst"),
    ]

    let burstLength = 60
    for round in 0..<20 {
      for client in clients { try await client.waitUntilSynced() }
      let witness = random.pick(clients)
      let crashPoint = 1 + random.below(burstLength / 2)
      let before = try await witness.state().acknowledgedCount
      for client in clients { try await client.burst("\(client.name)-\(round)", count: burstLength) }
      try await eventually("\(witness.name) has \(crashPoint) acknowledgements in round \(round)") {
        try await witness.state().acknowledgedCount >= before + crashPoint
      }
      try await relay.crash()

      let acknowledged = Set(try await acknowledgedMarkers(of: clients))
      let exported = try await export("burst", from: store, in: folder)
      for reader in [yjs, pycrdt] {
        let stored = Set(try await reader.load(exported).list.map(\.text))
        let lost = acknowledged.subtracting(stored)
        #expect(lost.isEmpty, "round \(round), crash after \(crashPoint) acknowledgements, seed \(seed)")
      }
      relay = try await Relay.start(store: store, port: relay.port)
    }

    let total = 20 * burstLength * clients.count
    let content = try await eventuallyEqual(clients) { $0.list.count == total }
    #expect(Set(content.list).count == total)
    #expect(content.text.utf16.count == total)
  }

  /// What the clients were told is stored, once their bursts are over and they have noticed that the relay is gone: all
  /// acknowledgements that were under way have been read by then.
  private func acknowledgedMarkers(of clients: [Client]) async throws -> [String] {
    var markers: [String] = []
    for client in clients {
      try await eventually("\(client.name) has noticed the crash") {
        let state = try await client.state()
        return state.unfinished == 0 && !state.isConnected
      }
      markers += try await client.acknowledged()
    }
    return markers
  }

  /// One update with all of a room in a store at rest.
  private func export(_ room: String, from store: URL, in folder: TemporaryFolder) async throws -> Data {
    let file = folder.file("export.update")
    let outcome = try await syncctl("export", room, "--store", store.path, "--format", "v1", "-o", file.path)
    try #require(outcome.status == 0, "\(outcome)")
    return try Data(contentsOf: file)
  }
}

extension JSON {
  fileprivate var text: String {
    if case .string(let text) = self { text } else { "" }
  }
}
