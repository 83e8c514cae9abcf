import CRDT

@testable import SyncNode

// What must hold when all has been mended for a while.

extension Simulation {
  /// What does not hold yet; nil when all is as it should be in the end.
  func brokenLaw() -> String? {
    for number in 0..<scenario.rooms {
      if let violation = brokenLaw(of: "room-\(number)") { return violation }
    }
    return nil
  }

  private func brokenLaw(of name: String) -> String? {
    let documents = machines.compactMap { try? $0.disk.document(name) }
    guard documents.count == machines.count else { return "a disk cannot be read" }
    let markers = Simulation.markers(of: documents[0])
    if Set(markers).count != markers.count { return "\(name): something is there twice" }
    let bytes = documents[0].encodeUpdate()
    for (index, document) in documents.enumerated() {
      if document.pending != nil { return "\(name) on \(index): something waits" }
      if document.encodeUpdate() != bytes {
        let others = Simulation.markers(of: document)
        return "\(name): nodes 0 and \(index) differ: only 0 \(Set(markers).subtracting(others).sorted()), "
          + "only \(index) \(Set(others).subtracting(markers).sorted())"
      }
      if let room = machines[index].rooms[name], room.isOpen, room.document.encodeUpdate() != bytes {
        return "\(name) on \(index): memory and disk differ"
      }
    }
    let lost = stored.filter { $0.hasPrefix(name + " ") && !markers.contains(String($0.dropFirst(name.count + 1))) }
    if !lost.isEmpty { return "said to be stored, but lost: \(lost.sorted())" }
    return unemptyQueue(of: name)
  }

  private func unemptyQueue(of name: String) -> String? {
    for (index, machine) in machines.enumerated() {
      for peer in machine.peers {
        for (from, to) in [(index, peer), (peer, index)]
        where !machines[from].disk.hasAcknowledged(name, by: machines[to].disk.nodeID) {
          let stored = machines[from].disk.documents[name]
          let known = stored?.acknowledgedSequences[machines[to].disk.nodeID] ?? 0
          return "\(name): the queue of \(from) for \(to) is not empty: \(known) of \(stored?.lastSequence ?? 0)"
        }
      }
    }
    return nil
  }
}
