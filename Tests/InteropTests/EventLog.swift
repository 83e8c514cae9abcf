import CRDT

/// Records the events of all shared types of a document, in the form of `Drivers/PROTOCOL.md`.
final class EventLog {
  private var lines: [String] = []
  private var observed: [(type: SharedKind, subscription: Subscription)] = []
  private var deepSubscriptions: [Subscription] = []

  /// Observes the types that the document has and that are not observed yet; each gets the next number.
  func observeNewTypes(of document: Document) {
    for type in document.sharedTypes where !observed.contains(where: { $0.type == type }) {
      observed.append((type, subscribe(to: type, number: observed.count)))
    }
    guard deepSubscriptions.isEmpty else { return }
    for name in Document.sharedRootNames {
      let root = document.sharedRoot(name)
      let number = observed.firstIndex { $0.type == root }!
      deepSubscriptions.append(
        root.observeDeep { [unowned self] events in
          let shown = events.map { "\(self.number(of: $0.event)) at \($0.path.canonical)" }
          lines.append("inside \(number): \(shown.joined(separator: ", "))")
        })
    }
  }

  /// The events since the last call, ordered by their bytes. Types that are new are observed from now on.
  func take(from document: Document) -> String {
    defer {
      lines = []
      observeNewTypes(of: document)
    }
    return lines.joined(separator: "\n")
  }

  private func number(of event: TypeEvent) -> Int {
    observed.firstIndex { observed in
      switch (event, observed.type) {
      case (.text(let event), .text(let text)): event.target == text
      case (.text(let event), .xmlText(let node)): event.target == node.text
      case (.array(let event), .array(let array)): event.target == array
      case (.map(let event), .map(let map)): event.target == map
      case (.xml(let event), .fragment(let fragment)): event.target == .xmlFragment(fragment)
      case (.xml(let event), .element(let element)): event.target == .xmlElement(element)
      default: false
      }
    }!
  }

  private func subscribe(to type: SharedKind, number: Int) -> Subscription {
    switch type {
    case .text(let text): subscribe(to: text, number: number)
    case .xmlText(let node): subscribe(to: node.text, number: number)
    case .array(let array):
      array.observe { [unowned self] in record(number, $0.delta.map(\.canonical)) }
    case .map(let map):
      map.observe { [unowned self] in record(number, canonical($0.keys)) }
    case .fragment(let fragment):
      fragment.observe { [unowned self] in record(number, $0.delta.map(\.canonical) + canonical($0.attributes)) }
    case .element(let element):
      element.observe { [unowned self] in record(number, $0.delta.map(\.canonical) + canonical($0.attributes)) }
    }
  }

  private func subscribe(to text: SharedText, number: Int) -> Subscription {
    text.observe { [unowned self] in record(number, $0.delta.canonicalSteps + canonical($0.attributes)) }
  }

  private func canonical(_ changes: KeyChanges) -> [String] {
    changes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { "\(canonicalString($0.key)) \($0.change.canonical)" }
  }

  private func record(_ number: Int, _ parts: [String]) {
    if !parts.isEmpty { lines.append("\(number): \(parts.joined(separator: " "))") }
  }
}

extension SharedKind {
  fileprivate func observeDeep(_ handler: @escaping ([DeepEvent]) -> Void) -> Subscription {
    switch self {
    case .text(let text): text.observeDeep(handler)
    case .xmlText(let node): node.observeDeep(handler)
    case .array(let array): array.observeDeep(handler)
    case .map(let map): map.observeDeep(handler)
    case .fragment(let fragment): fragment.observeDeep(handler)
    case .element(let element): element.observeDeep(handler)
    }
  }
}

extension [PathComponent] {
  /// As JSON.
  fileprivate var canonical: String {
    let components = map { component in
      switch component {
      case .key(let key): canonicalString(key)
      case .index(let index): String(index)
      }
    }
    return "[\(components.joined(separator: ","))]"
  }
}

extension DeltaOperation where Inserted == [Content] {
  fileprivate var canonical: String {
    switch self {
    case .retain(let count): "=\(count)"
    case .delete(let count): "-\(count)"
    case .insert(let contents): "+[\(contents.map(\.canonical).joined(separator: ","))]"
    }
  }
}

extension KeyChange {
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
    switch self {
    case .value(let value): value.canonical
    case .document: canonical
    default: "type"
    }
  }
}
