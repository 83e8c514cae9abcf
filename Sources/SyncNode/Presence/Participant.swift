import CRDT

/// Who is present in a room and what they are about, as Yjs' editors say it: `user.name` and `user.color`, `cursor.anchor` and
/// `cursor.head` as relative positions; and, beyond them, `status` and `editing`.
///
/// ```swift
/// var me = Participant(name: "Ada", color: "#f44")
/// me.selection = try await notes.read { document in
///   let body = document.text("body")
///   return Participant.Selection(anchor: body.position(at: 3), head: body.position(at: 8))
/// }
/// notes.setParticipant(me)
/// ```
/// What others say beside is kept as it is. All of it is what they claim: who somebody is, only an ``Authorizer`` knows.
public struct Participant: Equatable, Sendable {
  /// Whether somebody is at it.
  public enum Status: String, CaseIterable, Sendable {
    /// Something was done a moment ago.
    case active
    /// Nothing was done for a while.
    case idle
    /// The window is not looked at.
    case away
  }

  /// What is selected: from where to where; a cursor where both are the same.
  public struct Selection: Equatable, Sendable {
    /// Where it was begun.
    public var anchor: RelativePosition
    /// Where the cursor is.
    public var head: RelativePosition

    /// A selection between two places.
    public init(anchor: RelativePosition, head: RelativePosition) {
      self.anchor = anchor
      self.head = head
    }

    /// A cursor.
    public init(at position: RelativePosition) { self.init(anchor: position, head: position) }
  }

  /// The name that others see.
  public var name: String?
  /// The colour of the cursor, as in CSS.
  public var color: String?
  /// What is selected, if anything.
  public var selection: Selection?
  /// Whether somebody is at it; nil when nothing is said.
  public var status: Status?
  /// What is being edited, in the application's own terms: a path, a field.
  public var editing: String?
  /// What else is said.
  public var others: [Value.Member] = []

  /// Somebody who has selected nothing.
  public init(name: String? = nil, color: String? = nil) {
    self.name = name
    self.color = color
  }

  private static let known = ["user", "cursor", "status", "editing"]

  /// What a client says of itself; parts that are something else than expected are left out.
  public init(_ state: Value) {
    let user = state["user"]
    name = user["name"].stringValue ?? state["name"].stringValue
    color = user["color"].stringValue
    if let anchor = RelativePosition(jsonValue: state["cursor"]["anchor"]),
      let head = RelativePosition(jsonValue: state["cursor"]["head"])
    {
      selection = Selection(anchor: anchor, head: head)
    }
    status = state["status"].stringValue.flatMap { Status(rawValue: $0) }
    editing = state["editing"].stringValue
    if case .object(let members) = state { others = members.filter { !Participant.known.contains($0.name) } }
  }

  /// What is said to others.
  public var state: Value {
    var user: [Value.Member] = []
    if let name { user.append(.init("name", .string(name))) }
    if let color { user.append(.init("color", .string(color))) }
    var members = [Value.Member("user", .object(user))]
    if let selection {
      members.append(
        .init(
          "cursor",
          .object([.init("anchor", selection.anchor.jsonValue), .init("head", selection.head.jsonValue)])))
    }
    if let status { members.append(.init("status", .string(status.rawValue))) }
    if let editing { members.append(.init("editing", .string(editing))) }
    return .object(members + others)
  }
}

/// Something that somebody who is present did.
public enum PresenceEvent: Equatable, Sendable {
  /// Somebody came.
  case joined(ClientID, Participant)
  /// Somebody says something else than before.
  case changed(ClientID, Participant)
  /// Somebody left; what they said last.
  case left(ClientID, Participant)
}

extension RoomHandle {
  /// Says who this handle is and what it is about, until nil is said or the handle is gone.
  public func setParticipant(_ participant: Participant?) { setPresence(participant?.state) }

  /// Who comes, does something else and leaves from now on, those who are there already first, as if they came.
  ///
  /// Whose connection is cut leaves after ``Node/Configuration/presenceGrace``, unless it is back by then. A reader that falls
  /// behind is not told of what was undone meanwhile.
  public var presenceEvents: AsyncStream<PresenceEvent> {
    let (events, continuation) = AsyncStream.makeStream(of: PresenceEvent.self)
    let presence = presence
    let reading = Task {
      var known: [ClientID: Participant] = [:]
      for await states in presence {
        let now = states.mapValues { Participant($0) }
        for event in Participant.events(from: known, to: now) { continuation.yield(event) }
        known = now
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in reading.cancel() }
    return events
  }
}

extension Participant {
  /// What happened between two moments, by clients.
  static func events(from old: [ClientID: Participant], to new: [ClientID: Participant]) -> [PresenceEvent] {
    Set(old.keys).union(new.keys).sorted().compactMap { client in
      switch (old[client], new[client]) {
      case (nil, let participant?): .joined(client, participant)
      case (let participant?, nil): .left(client, participant)
      case (let before?, let participant?): before == participant ? nil : .changed(client, participant)
      case (nil, nil): nil
      }
    }
  }
}
