import CRDT

/// Something that a node alerts of, or did.
public struct Alert: Equatable, Codable, Sendable {
  /// Whether it goes on.
  public enum State: String, CaseIterable, Codable, Sendable {
    /// The rule's condition has held for as long as it takes.
    case firing
    /// It is over.
    case resolved
  }

  /// The rule's name.
  public let rule: String
  /// The node that alerts, as in ``Node/id``.
  public let node: String
  /// Whether it goes on.
  public let state: State
  /// How much it matters.
  public let severity: AlertRule.Severity
  /// What the rule looked at when it fired or resolved; nil when there was nothing.
  public let value: Double?
  /// When it fired, in milliseconds since 1970.
  public let since: Int64
  /// When it resolved, in milliseconds since 1970; nil while it fires.
  public let until: Int64?
  /// What it is about, for people.
  public let title: String
}

/// The alerts in the document of the room `system`: the last of each rule and node, and what happened.
///
/// ```
/// map alerts      NODE/RULE → {rule, node, state, severity, value, since, until, title}
/// array events    BoundedLog of the same objects, each with a member `kind` that is `alert`
/// ```
package struct AlertBook {
  private static let eventsMax = 1_000

  let document: Document

  /// The alerts in `document`.
  package init(document: Document) { self.document = document }

  private var alertMap: SharedMap { document.map("alerts") }
  private var events: BoundedLog { BoundedLog(document.array("events"), countMax: AlertBook.eventsMax) }

  /// The last alert of each rule and node, the newest first.
  package var alerts: [Alert] {
    alertMap.keys.compactMap { Alert(alertMap[$0]) }.newestFirst
  }

  /// Writes that an alert has fired or resolved.
  func note(_ alert: Alert) {
    document.transact {
      alertMap.set(.object(alert.members), forKey: "\(alert.node)/\(alert.rule)")
      events.append(.object([.init("kind", "alert")] + alert.members), time: alert.until ?? alert.since)
    }
  }
}

extension [Alert] {
  /// The alerts by when something last happened to them.
  var newestFirst: [Alert] {
    sorted { ($0.until ?? $0.since, $0.node, $0.rule) > ($1.until ?? $1.since, $1.node, $1.rule) }
  }
}

extension Alert {
  fileprivate var members: [Value.Member] {
    var members: [Value.Member] = [
      .init("rule", .string(rule)), .init("node", .string(node)), .init("state", .string(state.rawValue)),
      .init("severity", .string(severity.rawValue)), .init("title", .string(title)),
      .init("since", .number(Double(since))),
    ]
    if let value { members.append(.init("value", .number(value))) }
    if let until { members.append(.init("until", .number(Double(until)))) }
    return members
  }

  /// The alert that a value of the map is; nil when it is none.
  fileprivate init?(_ content: Content?) {
    guard case .value(let object)? = content, case .string(let rule) = object["rule"],
      case .string(let node) = object["node"], case .string(let state) = object["state"],
      case .string(let severity) = object["severity"], let state = State(rawValue: state),
      let severity = AlertRule.Severity(rawValue: severity), case .number(let since) = object["since"],
      let since = Int64(exactly: since)
    else { return nil }
    self.rule = rule
    self.node = node
    self.state = state
    self.severity = severity
    self.since = since
    if case .number(let value) = object["value"] { self.value = value } else { value = nil }
    if case .number(let until) = object["until"] { self.until = Int64(exactly: until) } else { until = nil }
    if case .string(let title) = object["title"] { self.title = title } else { title = rule }
  }
}
