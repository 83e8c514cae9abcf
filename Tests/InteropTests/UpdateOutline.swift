import CRDT

extension Update.Inspection {
  /// What an update says to a replica that knows `known`, with waiting structs reduced to the units that they are of.
  func outline(known: StateVector) -> String {
    var lines: [String] = []
    var waiting = IDSet()
    for item in structs {
      let end = item.id.clock + item.length
      if end <= known[item.id.client] {
        var plain = item
        plain.bytes = nil
        lines.append("\(plain)")
      } else if item.content != .skipped {
        waiting.insert(item.id.clock..<end, of: item.id.client)
      }
    }
    var deleted = IDSet()
    for deletion in deletions { deleted.insert(deletion.clocks, of: deletion.client) }
    return "\(lines.joined(separator: "\n"))\nwaiting \(hexadecimal(waiting))\ndeleted \(hexadecimal(deleted))"
  }

  private func hexadecimal(_ set: IDSet) -> String { set.encode().map { String($0, radix: 16) }.joined(separator: " ") }
}
