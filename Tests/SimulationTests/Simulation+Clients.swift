import CRDT
import TestSupport

@testable import SyncNode

// What clients do, and what their users do to them.

extension Simulation {
  /// What happens with a client.
  enum ClientAction: CaseIterable {
    /// Its user writes something, whether there is a connection or not.
    case edit
    /// Its user moves the cursor.
    case state
    /// It leaves the rooms, and comes back after a while.
    case leave
    /// It closes a room, or opens it again, and keeps the connection.
    case close
    /// Its connection breaks.
    case breakOff
    /// It never comes back.
    case vanish
  }

  func makeClients() {
    for (number, kind) in scenario.clients.enumerated() {
      var names = (0..<scenario.rooms).map { "room-\($0)" }
      if kind == .singleRoom { names = [clientRandom.pick(names)] }
      let replicas = names.map { SimulatedReplica(name: $0, clientID: .random(using: &clientRandom)) }
      let client = SimulatedClient(
        number: number, kind: kind, replicas: replicas, node: clientRandom.below(machines.count), in: self)
      for replica in replicas { client.state("{\"n\":\(number)}", in: replica) }
      clients.append(client)
      dial(client, in: between(0, Simulation.second))
      check(client)
    }
  }

  private func check(_ client: SimulatedClient) {
    schedule(in: 3 * Simulation.second, on: client.node) { [self] in
      guard !client.isGone else { return }
      if client.check() { end(client, "since nothing is heard", tells: true) }
      check(client)
    }
  }

  func stepOfClient() {
    let client = clientRandom.pick(clients)
    guard !client.isGone else { return }
    let replica = clientRandom.pick(client.replicas)
    switch clientRandom.pick(scenario.clientActions) {
    case .edit: edit(replica, of: client)
    case .state: client.state("{\"n\":\(clientRandom.below(100))}", in: replica)
    case .leave:
      let isPolite = clientRandom.oneIn(2)
      if isPolite { for replica in client.replicas { client.state(nil, in: replica) } }
      end(client, "by its user", tells: true)
      if isPolite { for replica in client.replicas { client.state("{\"n\":\(client.number)}", in: replica) } }
      dial(client, in: Int64.random(in: 0...scenario.awayMax, using: &clientRandom))
    case .close:
      guard client.kind != .singleRoom else { return }
      note("client \(client.number) \(replica.isOpen ? "closes" : "opens") \(replica.name)")
      if replica.isOpen { client.close(replica) }
      if clientRandom.oneIn(2) { client.open(replica) }
    case .breakOff:
      if let socket = client.socket { breakOff(socket) }
    case .vanish:
      note("client \(client.number) vanishes")
      client.isGone = true
      hasVanished = true
      end(client, "for good", tells: clientRandom.oneIn(2))
    }
  }

  private func edit(_ replica: SimulatedReplica, of client: SimulatedClient) {
    let marker = clientRandom.oneIn(4) ? nil : nextMarker(of: "c\(client.number)")
    let place = clientRandom.next()
    let deletes = clientRandom.oneIn(3)
    note("client \(client.number) edits \(replica.name): \(marker ?? "a deletion")")
    client.edit(replica, marker: marker) { document in
      if let marker {
        Simulation.write(marker, to: document, at: place, deletes: deletes)
      } else {
        Simulation.delete(from: document, at: place)
      }
    }
  }

  /// Checks that what a node calls stored is on its disk, where it must stay.
  func noteStored(_ markers: [String], of name: String, on node: Int) {
    note("client hears from \(node) that \(markers) is stored in \(name)")
    for marker in markers {
      if !machines[node].disk.holds(marker, in: name) { fail("said to be stored on \(node), but is not: \(marker)") }
      noteStored("\(name) \(marker)")
    }
  }

  /// Brings all clients back that ever come back.
  func healClients() {
    for client in clients where !client.isGone {
      if client.socket == nil { dial(client, in: between(0, Simulation.second)) }
      for replica in client.replicas { client.open(replica) }
    }
  }
}
