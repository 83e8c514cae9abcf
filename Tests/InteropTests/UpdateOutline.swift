import CRDT

extension Update {
  /// Whether bytes are refused since they leave out a stretch of negative length. yrs writes such updates now and then;
  /// Yjs takes them, and writes what nobody can read from then on.
  static func skipsBackwards(_ update: [UInt8]) -> Bool {
    guard let refusal = refusal(of: update), refusal.code == .integerOutOfRange, refusal.byteOffset > 0 else {
      return false
    }
    // A length that does not fit by itself, or one that does, but not behind what comes before the struct.
    return update[refusal.byteOffset - 1] == skip || update[refusal.byteOffset] == skip
  }

  private static var skip: UInt8 { 10 }

  private static func refusal(of update: [UInt8]) -> UpdateError? {
    do throws(UpdateError) {
      _ = try inspect(update)
      return nil
    } catch {
      return error
    }
  }
}

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
