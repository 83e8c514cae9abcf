import CRDT

/// Parts of bytes as lines for people.
struct PartText {
  let quoteMax: Int

  func line(_ content: Explanation.Content) -> String {
    switch content {
    case .list(let list, let count): "\(title(of: list)) of \(counted(count, "client"))"
    case .column(let name): "column \(name.rawValue)"
    case .section(let client, let clock, let structs):
      "client \(client): \(counted(structs, "struct")) from clock \(clock)"
    case .structure(let item): line(item)
    case .deletions(let client, let ranges): "client \(client): \(counted(ranges, "range"))"
    case .deletion(let client, let clocks): "\(client):\(clocks.lowerBound) +\(clocks.count) deleted"
    case .clock(let client, let clock): "client \(client): known before clock \(clock)"
    case .state(let entry):
      "client \(entry.client) at clock \(entry.clock): "
        + Output.printable(Quotation.shortened(String(decoding: entry.state, as: UTF8.self), lengthMax: quoteMax))
    case .position(let position): line(position)
    case .message(let name, let details): line(name, details)
    }
  }

  private func title(of list: Explanation.List) -> String {
    switch list {
    case .structs: "structs"
    case .deleteSet: "delete set"
    case .stateVector: "state vector"
    case .awareness: "states"
    }
  }

  private func line(_ item: Update.Struct) -> String {
    let quotation = Quotation(item.content, lengthMax: quoteMax)
    var line = "\(item.id) +\(item.length) \(quotation.kind)"
    switch item.content {
    case .text: line += quotation.text.map { " \(Quotation.quoted($0))" } ?? ""
    default: line += quotation.text.map { " \(Output.printable($0))" } ?? ""
    }
    switch item.parent {
    case .root(let name): line += ", in root \(Quotation.quoted(name))"
    case .item(let id): line += ", in \(id)"
    case nil: break
    }
    if let key = item.key { line += ", key \(Quotation.quoted(key))" }
    if let origin = item.origin { line += ", after \(origin)" }
    if let rightOrigin = item.rightOrigin { line += ", before \(rightOrigin)" }
    return line
  }

  private func line(_ position: RelativePosition) -> String {
    let isNext = position.association == .next
    if let item = position.item { return "position \(isNext ? "before" : "behind") \(item)" }
    let end = isNext ? "end" : "start"
    switch position.type {
    case .root(let name): return "position at the \(end) of root \(Quotation.quoted(name))"
    case .nested(let id): return "position at the \(end) of the type \(id)"
    case nil: return "position"
    }
  }

  private func line(_ message: String, _ details: [Value.Member]) -> String {
    let details = details.map { detail in
      ", \(detail.name) "
        + Output.printable(Quotation.shortened(detail.value.jsonString(), lengthMax: quoteMax))
    }
    return message + details.joined()
  }

  /// Where the fields of a struct stand that are read for it first.
  func places(_ columns: [Explanation.Column]) -> String {
    if columns.isEmpty { return "" }
    let places = columns.map { "\($0.name.rawValue) \($0.bytes.lowerBound)+\($0.bytes.count)" }
    return "  [\(places.joined(separator: ", "))]"
  }
}
