import CRDT
import TestSupport

@testable import SyncNode

// Documents that begin anew.

extension Simulation {
  /// Begins a document anew, and writes something to the new one.
  func recreate(_ name: String, on index: Int) {
    guard let room = room(name, of: index) else { return }
    note("\(name) on \(index) begins anew")
    room.whenOpen { [self] error in
      guard error == nil else { return }
      room.recreate { error in
        self.note("\(name) on \(index) \(error.map { "did not begin anew: \($0)" } ?? "has begun anew")")
        if error == nil, self.random.oneIn(2) { self.edit(name, on: index) }
      }
    }
  }

  /// Lets a client begin anew with a document that was recreated. What it did not get through is lost.
  func reload(_ replica: SimulatedReplica, of client: SimulatedClient) {
    note("client \(client.number) reloads \(replica.name)")
    hasVanished = true
    replica.reload(as: .random(using: &clientRandom))
    client.state("{\"n\":\(client.number)}", in: replica)
  }

  /// What nobody may find in the present document: what was put aside anywhere.
  ///
  /// Clients know nothing of epochs, and may have brought what is new to a node that still had the old.
  func resurrected(_ markers: Set<String>, in name: String) -> String? {
    guard clients.isEmpty else { return nil }
    for (index, machine) in machines.enumerated() {
      for copy in machine.disk.copies[name] ?? [] {
        guard let document = try? Document(StoredDocument(updates: [copy.update])) else {
          return "a copy cannot be read"
        }
        let back = markers.intersection(Simulation.markers(of: document))
        if !back.isEmpty { return "\(name): put aside on \(index), but there: \(back.sorted())" }
      }
    }
    return nil
  }

  /// Whether something is in what was put aside on any node.
  func isAside(_ marker: String, in name: String) -> Bool {
    machines.contains { machine in
      (machine.disk.copies[name] ?? []).contains { Simulation.contains($0.update, marker) }
    }
  }
}
