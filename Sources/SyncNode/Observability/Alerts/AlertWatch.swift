import CRDT
import Logging
import Synchronization

/// Looks at a node's metrics by its rules, and tells when an alert fires or resolves: in the room `system`, to the log, and to
/// the application's hook.
final class AlertWatch: Sendable {
  /// What waits to be written is bounded; the oldest goes first.
  private static let unwrittenMax = 1_000

  fileprivate struct State {
    var progress: [String: AlertProgress] = [:]
    var firing: [String: Alert] = [:]
    /// Whether it is known what fired before the node was started.
    var isReady = false
    var unwritten: [Alert] = []
    var isWriting = false
  }

  let rules: [AlertRule]
  private let state = Mutex(State())

  init(rules: [AlertRule]) { self.rules = rules }

  /// What fires now, the newest first.
  var firing: [Alert] {
    state.withLock { Array($0.firing.values) }.sorted { ($0.since, $0.rule) > ($1.since, $1.rule) }
  }

  /// Finds out what fired when the node ran last, so that it resolves.
  func start(_ node: Node) {
    guard node.store.isPersistent else { return state.withLock { $0.isReady = true } }
    let id = "\(node.id)"
    Task { [weak node] in
      let known = try? await node?.readStore { store in
        try store.document(named: FeedRoom(.system).name).map { AlertBook(document: $0).alerts } ?? []
      }
      state.withLock { state in
        for alert in known ?? [] where alert.node == id && alert.state == .firing {
          state.firing[alert.rule] = alert
          state.progress[alert.rule] = AlertProgress(isFiring: true)
        }
        state.isReady = true
      }
    }
  }

  /// Looks at all rules.
  ///
  /// - Parameter time: The present in seconds, of a clock that never goes back.
  func check(_ node: Node, at time: Double) {
    guard state.withLock({ $0.isReady }) else { return }
    let milliseconds = node.configuration.wallClock.milliseconds
    let values = rules.map { rule in
      rule.application.map { node.analytics.known($0).flatMap { rule.value(in: $0) } } ?? rule.value(in: node.metrics)
    }
    let changes = state.withLock { state -> [Alert] in
      var changes = state.resolveForgotten(besides: Set(rules.map(\.name)), at: milliseconds)
      for (rule, value) in zip(rules, values) {
        switch state.progress[rule.name, default: AlertProgress()].receive(value, rule, at: time) {
        case nil: break
        case .fired:
          let alert = Alert(
            rule: rule.name, node: "\(node.id)", state: .firing, severity: rule.severity, value: value,
            since: milliseconds, until: nil, title: rule.title)
          state.firing[rule.name] = alert
          changes.append(alert)
        case .resolved:
          if let alert = state.firing.removeValue(forKey: rule.name) {
            changes.append(alert.resolved(at: milliseconds, value))
          }
        }
      }
      state.unwritten = Array((state.unwritten + changes).suffix(AlertWatch.unwrittenMax))
      return changes
    }
    for alert in changes {
      node.configuration.logger.log(
        level: alert.state == .resolved ? .notice : alert.severity.logLevel, "alert \(alert.state.rawValue)",
        metadata: ["rule": "\(alert.rule)", "value": "\(alert.value.map { "\($0)" } ?? "none")"])
      node.configuration.hooks.onAlert?(alert)
      notify(alert, by: node)
    }
    write(node)
  }

  /// Tells those who want to know. What resolves takes the place of what fired.
  private func notify(_ alert: Alert, by node: Node) {
    for user in node.configuration.alertRecipients {
      Task { [weak node] in
        do {
          try await node?.notify(
            user: user, category: .performance, title: "\(alert.rule) \(alert.state.rawValue)", body: alert.title,
            room: FeedRoom(.system).name, key: "alert:\(alert.node)/\(alert.rule)")
        } catch {
          node?.configuration.logger.warning(
            "cannot tell of an alert", metadata: ["user": "\(user)", "error": "\(error)"])
        }
      }
    }
  }

  /// Writes what is not written; what cannot be is tried again the next time.
  private func write(_ node: Node) {
    let isFirst = state.withLock { state in
      guard !state.unwritten.isEmpty, !state.isWriting, node.storeFailure == nil else { return false }
      state.isWriting = true
      return true
    }
    guard isFirst else { return }
    Task { [weak node] in
      let alerts = state.withLock { $0.unwritten }
      let isWritten: Bool
      do {
        let room = try await node?.open(FeedRoom(.system).name)
        try await room?.edit { document in
          for alert in alerts { AlertBook(document: document).note(alert) }
        }
        isWritten = true
      } catch {
        isWritten = false
      }
      state.withLock { state in
        state.isWriting = false
        if isWritten { state.unwritten.removeAll { alerts.contains($0) } }
      }
    }
  }
}

extension AlertWatch.State {
  /// Resolves what fires by rules that there are no more.
  fileprivate mutating func resolveForgotten(besides names: Set<String>, at milliseconds: Int64) -> [Alert] {
    let forgotten = firing.filter { !names.contains($0.key) }
    for name in forgotten.keys {
      firing[name] = nil
      progress[name] = nil
    }
    return forgotten.values.map { $0.resolved(at: milliseconds, nil) }
  }
}

extension Alert {
  fileprivate func resolved(at milliseconds: Int64, _ value: Double?) -> Alert {
    Alert(
      rule: rule, node: node, state: .resolved, severity: severity, value: value, since: since, until: milliseconds,
      title: title)
  }
}

extension AlertRule {
  /// What an alert by it is about, for people.
  public var title: String {
    let subject = application.map { "\($0): " } ?? ""
    if condition == .absent { return "\(subject)\(metric) is absent (\(window.rawValue))" }
    return "\(subject)\(statistic.rawValue) of \(metric) (\(window.rawValue)) is \(condition.rawValue) "
      + MetricSeries.text(threshold)
  }
}

extension AlertRule.Severity {
  fileprivate var logLevel: Logger.Level {
    switch self {
    case .info: .info
    case .warning: .warning
    case .critical: .critical
    }
  }
}

extension Node {
  /// What this node alerts of now, the newest first.
  public var alerts: [Alert] { alertWatch.firing }

  /// By which rules this node alerts.
  public var alertRules: [AlertRule] { alertWatch.rules }

  /// The last alert of each rule and node that is known here, resolved ones too, the newest first.
  ///
  /// - Throws: ``StoreError`` or ``RoomError`` when the room `system` cannot be read.
  public func allAlerts() async throws -> [Alert] {
    let known = try await knownAlerts()
    // What cannot be written yet counts, too.
    let own = alerts
    let others = known.filter { alert in !own.contains { $0.rule == alert.rule && $0.node == alert.node } }
    return (own + others).newestFirst
  }

  /// What the room `system` says, which is not loaded for that.
  private func knownAlerts() async throws -> [Alert] {
    let name = FeedRoom(.system).name
    if store.isPersistent {
      return try await readStore { try $0.document(named: name).map { AlertBook(document: $0).alerts } ?? [] }
    }
    guard rooms.names(onlyUsed: false).contains(name) else { return [] }
    return try await open(name).read { AlertBook(document: $0).alerts }
  }
}
