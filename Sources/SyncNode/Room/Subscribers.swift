import CRDT
import NIOCore

/// The members of a room, by the event loop they live on: a broadcast costs one hop a loop, and one frame for each way
/// of framing.
struct Subscribers {
  private struct Group {
    let eventLoop: any EventLoop
    var members: [Member]
  }

  private var groups: [Group] = []
  /// How many members have each framing.
  private var framings: [Framing: Int] = [:]
  private(set) var count = 0

  /// All members, in no particular order.
  var all: [Member] { groups.flatMap(\.members) }

  mutating func insert(_ member: Member) {
    count += 1
    framings[member.framing, default: 0] += 1
    if let index = groups.firstIndex(where: { $0.eventLoop === member.connection.eventLoop }) {
      groups[index].members.append(member)
    } else {
      groups.append(Group(eventLoop: member.connection.eventLoop, members: [member]))
    }
  }

  /// - Returns: Whether it was a member.
  /// - Complexity: O(*n*) for *n* members on the same event loop.
  @discardableResult
  mutating func remove(_ member: Member) -> Bool {
    guard let group = groups.firstIndex(where: { $0.eventLoop === member.connection.eventLoop }),
      let index = groups[group].members.firstIndex(of: member)
    else { return false }
    count -= 1
    let others = (framings[member.framing] ?? 1) - 1
    framings[member.framing] = others > 0 ? others : nil
    groups[group].members.remove(at: index)
    if groups[group].members.isEmpty { groups.remove(at: group) }
    return true
  }

  /// Sends one protocol message to every member but `sender`, or to those with a framing that can carry it.
  ///
  /// - Parameter answered: Members that get the content of the message by an answer.
  func send(
    _ broadcast: inout Broadcast, except sender: Member?, answered: Set<Member> = [],
    where canCarry: (Framing) -> Bool = { _ in true }
  ) {
    let arrival = broadcast.arrival
    forEach(&broadcast, where: canCarry) { member, frame in
      if member !== sender, answered.isEmpty || !answered.contains(member) {
        member.connection.send(frame, since: arrival)
      }
    }
  }

  /// Sends one protocol message with awareness to every member.
  func sendAwareness(_ broadcast: inout Broadcast) {
    forEach(&broadcast) { member, frame in member.connection.sendAwareness(frame, of: member) }
  }

  /// Runs `body` for each member on its event loop, with the message in its framing.
  private func forEach(
    _ broadcast: inout Broadcast, where canCarry: (Framing) -> Bool = { _ in true },
    _ body: @escaping @Sendable (Member, ByteBuffer) -> Void
  ) {
    let carrying = framings.keys.filter(canCarry)
    let frames = Dictionary(uniqueKeysWithValues: carrying.map { ($0, broadcast.frame($0)) })
    // All of y-websocket's, as a rule: no look-up for each.
    let onlyFrame = framings.count == 1 ? frames.first?.value : nil
    for group in groups {
      group.eventLoop.runOrExecute {
        for member in group.members {
          if let frame = onlyFrame ?? frames[member.framing] { body(member, frame) }
        }
      }
    }
  }
}

extension EventLoop {
  /// Runs `body` on this event loop: at once when already there.
  func runOrExecute(_ body: @escaping @Sendable () -> Void) {
    if inEventLoop { body() } else { execute(body) }
  }
}
