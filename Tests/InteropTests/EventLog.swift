import CRDT

/// Records the events of all shared types of a document, in the form of `Drivers/PROTOCOL.md`.
final class EventLog {
  private var lines: [String] = []
  private var observed: [(type: SharedKind, subscription: Subscription)] = []

  /// Observes the types that the document has and that are not observed yet; each gets the next number.
  func observeNewTypes(of document: Document) {
    for type in document.sharedTypes where !observed.contains(where: { $0.type == type }) {
      observed.append((type, subscribe(to: type, number: observed.count)))
    }
  }

  /// The events since the last call, ordered by their bytes. Types that are new are observed from now on.
  func take(from document: Document) -> String {
    defer {
      lines = []
      observeNewTypes(of: document)
    }
    return lines.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: "\n")
  }

  private func subscribe(to type: SharedKind, number: Int) -> Subscription {
    switch type {
    case .text(let text):
      text.observe { [unowned self] in record(number, $0.delta.map { $0.canonical(canonicalString) }) }
    case .array(let array):
      array.observe { [unowned self] in
        record(number, $0.delta.map { $0.canonical { "[\($0.map(\.canonical).joined(separator: ","))]" } })
      }
    case .map(let map):
      map.observe { [unowned self] event in
        let keys = event.keys.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        record(number, keys.map { "\(canonicalString($0.key)) \($0.value.canonical)" })
      }
    }
  }

  private func record(_ number: Int, _ parts: [String]) {
    if !parts.isEmpty { lines.append("\(number): \(parts.joined(separator: " "))") }
  }
}

extension DeltaOperation {
  fileprivate func canonical(_ inserted: (Inserted) -> String) -> String {
    switch self {
    case .retain(let count): "=\(count)"
    case .delete(let count): "-\(count)"
    case .insert(let value): "+" + inserted(value)
    }
  }
}

extension MapEvent.Change {
  fileprivate var canonical: String {
    switch self {
    case .add: "add"
    case .update(let old): "update \(old.canonicalOld)"
    case .delete(let old): "delete \(old.canonicalOld)"
    }
  }
}

extension Content {
  /// An old value that is a shared type is gone, and has no values to show.
  fileprivate var canonicalOld: String {
    if case .value(let value) = self { value.canonical } else { "type" }
  }
}
