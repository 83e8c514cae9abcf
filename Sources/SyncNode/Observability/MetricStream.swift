import CRDT
import Foundation
import NIOCore
import Synchronization

/// Tells clients that have a feed's room open what is measured: by presence, which replaces what was said before, is dropped
/// first where a client is slow, and is there at once for whoever comes.
///
/// Each node tells of itself, as long as a client looks: here, or at another node, which says so. Nothing is told otherwise, so
/// that nodes do not keep a room open for each other.
final class MetricStream: Sendable {
  /// Bytes of metrics in a page, the presence of one client: less than ``Limits`` allow it.
  private static let pageBytesMax = 32 << 10

  private struct State {
    /// One for each page.
    var handles: [RoomHandle] = []
    var isOpening = false
    /// Whether something is said.
    var isTelling = false
  }

  private let room: String
  private let state = Mutex(State())

  /// Nothing is told before ``tell(of:on:)``.
  init(in feed: FeedRoom) { room = feed.name }

  /// Tells how all series are now, if anybody looks. To be called at most four times a second.
  func tell(of registry: MetricRegistry, on node: Node) {
    let readers = node.rooms.readers(of: room)
    guard readers.clients > 0 || readers.peers > 0 else { return state.withLock { $0 = State() } }
    guard let first = state.withLock({ $0.handles.first }) else { return open(node) }
    first.room.executor.run {
      // It failed, and is loaded anew.
      if first.room.isClosed { return self.state.withLock { $0 = State() } }
      guard readers.clients > 0 || self.isWatchedElsewhere(first.room, from: node.id) else { return self.fallSilent() }
      self.state.withLock { $0.isTelling = true }
      self.tell(MetricStream.pages(of: registry, by: node.id, watchers: readers.clients), on: node)
    }
  }

  private func open(_ node: Node) {
    let isFirst = state.withLock { state in
      defer { state.isOpening = true }
      return !state.isOpening
    }
    guard isFirst else { return }
    Task { [weak node, room] in
      let handle = try? await node?.open(room)
      state.withLock { $0 = State(handles: handle.map { [$0] } ?? []) }
    }
  }

  private func tell(_ pages: [Value], on node: Node) {
    let handles = state.withLock { state in
      // Those of pages that are gone fall silent with them.
      state.handles.removeLast(max(state.handles.count - max(pages.count, 1), 0))
      if let room = state.handles.first?.room {
        while state.handles.count < pages.count, let next = node.handle(of: room) { state.handles.append(next) }
      }
      return state.handles
    }
    for (handle, page) in zip(handles, pages) { handle.setPresence(page) }
  }

  private func fallSilent() {
    let handle = state.withLock { state in
      defer { state.isTelling = false }
      return state.isTelling ? state.handles.first : nil
    }
    state.withLock { $0.handles.removeLast(max($0.handles.count - 1, 0)) }
    handle?.setPresence(nil)
  }

  /// Whether a client of another node has the room open. Run by the room's executor.
  private func isWatchedElsewhere(_ room: Room, from id: PeerID) -> Bool {
    room.awareness.values.values.contains { state in
      guard case .object(let members) = state, members.first(where: { $0.name == "node" })?.value != .string("\(id)"),
        case .number(let watchers)? = members.first(where: { $0.name == "watchers" })?.value
      else { return false }
      return watchers > 0
    }
  }

  /// What is said, in as many pieces as it takes.
  private static func pages(of registry: MetricRegistry, by id: PeerID, watchers: Int) -> [Value] {
    var pages: [[Value]] = [[]]
    var byteCount = 0
    for report in registry.reports() where !report.isSilent {
      let value = report.told
      let bytes = value.jsonString().utf8.count
      if byteCount + bytes > pageBytesMax, !pages[pages.count - 1].isEmpty {
        pages.append([])
        byteCount = 0
      }
      pages[pages.count - 1].append(value)
      byteCount += bytes
    }
    return pages.enumerated().map { index, metrics in
      .object([
        .init("node", .string("\(id)")), .init("watchers", .number(Double(watchers))),
        .init("page", .number(Double(index))), .init("pages", .number(Double(pages.count))),
        .init("metrics", .array(metrics)),
      ])
    }
  }
}

extension MetricReport {
  /// Whether there is nothing to tell: a counter that has not counted anything yet.
  fileprivate var isSilent: Bool { kind == .counter && value == 0 }

  /// As it is told by presence: as in JSON, with numbers of four digits.
  fileprivate var told: Value {
    var members = [Value.Member("name", .string(name)), Value.Member("kind", .string(kind.rawValue))]
    if !labels.isEmpty {
      members.append(
        .init("labels", .object(labels.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })))
    }
    if let value { members.append(.init("value", .number(value))) }
    let windows = MetricWindow.allCases.compactMap { window in
      self[window].map { Value.Member(window.rawValue, $0.told) }
    }
    members.append(.init("windows", .object(windows)))
    return .object(members)
  }
}

extension MetricSummary {
  fileprivate var told: Value {
    let optional = [("min", min), ("max", max), ("p50", p50), ("p90", p90), ("p99", p99)]
    let all =
      [("seconds", seconds), ("count", Double(count)), ("sum", sum)]
      + optional.compactMap { name, value in
        value.map { (name, $0) }
      }
    return .object(all.map { .init($0.0, .number($0.1.rounded(toDigits: 4))) })
  }
}

extension Double {
  /// The nearest number of so many decimal digits; whole numbers stay.
  fileprivate func rounded(toDigits digits: Int) -> Double {
    guard self != 0, isFinite, self != rounded() else { return self }
    let factor = pow(10, Double(digits) - 1 - log10(magnitude).rounded(.down))
    let rounded = (self * factor).rounded() / factor
    return rounded.isFinite ? rounded : self
  }
}
