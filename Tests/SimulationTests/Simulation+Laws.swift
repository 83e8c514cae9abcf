import CRDT

@testable import SyncNode

// What must hold when all has been mended for a while.

extension Simulation {
  /// What does not hold yet; nil when all is as it should be in the end.
  func brokenLaw() -> String? {
    for client in clients where !client.isGone {
      for replica in client.replicas where !replica.isSynchronised || !replica.isAcknowledged {
        let law = replica.isSynchronised ? "has no word on all that it sent" : "is not synchronised"
        return "\(replica.name): client \(client.number) \(law)"
      }
    }
    for number in 0..<scenario.rooms {
      let name = "room-\(number)"
      if let violation = brokenLaw(of: name) ?? brokenPresence(in: name) { return violation }
    }
    return nil
  }

  private func brokenLaw(of name: String) -> String? {
    let documents = machines.compactMap { try? $0.disk.document(name) }
    guard documents.count == machines.count else { return "a disk cannot be read" }
    let markers = Simulation.markers(of: documents[0])
    if Set(markers).count != markers.count { return "\(name): something is there twice" }
    let expected = content(of: documents[0])
    for (index, document) in documents.enumerated() {
      // What a client took with it is waited for in vain.
      if document.pending != nil, !hasVanished { return "\(name) on \(index): something waits" }
      if content(of: document) != expected {
        let others = Simulation.markers(of: document)
        return "\(name): nodes 0 and \(index) differ: \(difference(markers, others))"
      }
      if let room = machines[index].rooms[name], room.isOpen, content(of: room.document) != expected {
        return "\(name) on \(index): memory and disk differ"
      }
    }
    for client in clients where !client.isGone {
      for replica in client.replicas where replica.name == name && content(of: replica.document) != expected {
        let others = Simulation.markers(of: replica.document)
        return "\(name): node 0 and client \(client.number) differ: \(difference(markers, others))"
      }
    }
    let kept = Set(markers)
    if let violation = resurrected(kept, in: name) { return violation }
    let bytes = documents[0].encodeUpdate()
    let lost = stored.compactMap { entry in
      entry.hasPrefix(name + " ") ? String(entry.dropFirst(name.count + 1)) : nil
    }.filter { !kept.contains($0) && !(hasVanished && Simulation.contains(bytes, $0)) && !isAside($0, in: name) }
    if !lost.isEmpty { return "\(name): said to be stored, but lost: \(lost.sorted())" }
    return unemptyQueue(of: name)
  }

  /// All of a document. Where something may wait for ever, nothing of what waits: who has nothing else to compare need not
  /// have it, and how it is cut into structs depends on the order in which it came.
  private func content(of document: Document) -> [UInt8] {
    guard hasVanished else { return document.encodeUpdate() }
    return document.stateVector.encode() + document.deleteSet.encode() + Array(document.text("t").string.utf8)
      + Simulation.markers(of: document).flatMap { Array($0.utf8) }
  }

  private func difference(_ first: [String], _ second: [String]) -> String {
    "only the first \(Set(first).subtracting(second).sorted()), only the second \(Set(second).subtracting(first).sorted())"
  }

  /// Checks that nobody speaks for clients on a node who is not connected to it any more.
  func checkPresence(on index: Int) {
    for room in machines[index].node?.rooms.all ?? [] where room.isOpen {
      let members = room.subscribers.all
      for (client, owner) in room.presenceOwners where !members.contains(owner) {
        fail("\(room.name): client \(client) has left node \(index), and is present")
      }
    }
  }

  /// Everybody sees who is connected, and nobody else.
  private func brokenPresence(in name: String) -> String? {
    let replicas = clients.filter { !$0.isGone }.flatMap(\.replicas).filter { $0.name == name }
    let present = Set(replicas.map(\.clientID))
    for replica in replicas where replica.present != present {
      return "\(name): client \(replica.clientID) sees \(replica.present.sorted()) of \(present.sorted())"
    }
    for (index, machine) in machines.enumerated() {
      guard let room = machine.node?.rooms.all.first(where: { $0.name == name }), room.isOpen else { continue }
      let known = Set(room.awareness.states.entries.map(\.client))
      // Where no client is, nobody asks.
      guard room.subscribers.count > 0 || !room.peers.isEmpty else { continue }
      let isWrong = room.subscribers.count > 0 ? known != present : !known.isSubset(of: present)
      if isWrong { return "\(name): node \(index) sees \(known.sorted()) of \(present.sorted())" }
    }
    return nil
  }

  /// Whether an update's bytes hold a marker, even where it waits for something else.
  static func contains(_ update: [UInt8], _ marker: String) -> Bool {
    // As lib0 writes a string.
    let pattern = [0x77, UInt8(marker.utf8.count)] + Array(marker.utf8)
    return update.withUnsafeBytes { bytes in
      guard bytes.count >= pattern.count else { return false }
      return (0...bytes.count - pattern.count).contains { start in
        bytes[start] == pattern[0] && bytes[start..<start + pattern.count].elementsEqual(pattern)
      }
    }
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
