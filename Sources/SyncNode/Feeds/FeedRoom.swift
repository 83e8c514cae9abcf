/// A room that nodes write and clients read: what it says is what nodes know, and never what a client claims.
///
/// ```
/// project:ID        what people write together             activity:ID       who did what there
/// user:ID           what a user has read and wants told    notifications:ID  what the user is told
///                                                          analytics:NAME    what an application measures
///                                                          system            how nodes are, and their alerts
/// ```
/// Feeds are rooms like others: they replicate, work offline and merge. Rights alone part them from what clients write: nobody
/// but administrators changes a feed from outside, and whoever may read a project or a user's room may read the feed beside it.
public struct FeedRoom: Hashable, Sendable {
  /// What a feed tells.
  public enum Kind: String, CaseIterable, Sendable {
    /// Who did what in a project.
    case activity
    /// What a user is told.
    case notifications
    /// What an application measures.
    case analytics
    /// How nodes are.
    case system
  }

  /// What the feed tells.
  public let kind: Kind
  /// Of which project, user or application; empty for ``Kind/system``.
  public let id: String

  /// The feed of a project, a user or an application, or of all nodes.
  ///
  /// - Precondition: `id` is empty for ``Kind/system``, and for no other.
  public init(_ kind: Kind, of id: String = "") {
    precondition(id.isEmpty == (kind == .system), "a feed is of something, and that of nodes is of all")
    self.kind = kind
    self.id = id
  }

  /// The feed in the room `name`; nil when that is no feed.
  public init?(name: String) {
    if name == Kind.system.rawValue {
      self.init(.system)
      return
    }
    // By bytes: what combines with the colon into one character belongs to the identifier.
    let bytes = name.utf8
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      let kind = Kind(rawValue: String(decoding: bytes[..<colon], as: UTF8.self)), kind != .system
    else { return nil }
    let id = String(decoding: bytes[colon...].dropFirst(), as: UTF8.self)
    guard !id.isEmpty else { return nil }
    self.init(kind, of: id)
  }

  /// The room's name.
  public var name: String { id.isEmpty ? kind.rawValue : "\(kind.rawValue):\(id)" }

  /// The room beside which the feed is, and whose readers are its readers; nil when it is beside none.
  public var subject: String? {
    switch kind {
    case .activity: "project:\(id)"
    case .notifications: "user:\(id)"
    case .analytics, .system: nil
    }
  }
}

extension Grant {
  /// What a client may do with the document of the room `name`; nil when it is not to be entered.
  ///
  /// That is ``access(in:)``, but for feeds: those are read by whoever may read what they are beside, and changed by
  /// administrators only.
  public func clientAccess(in name: String) -> Access? {
    guard let feed = FeedRoom(name: name) else { return access(in: name) }
    let own = access(in: name)
    if own == .admin { return own }
    return own ?? feed.subject.flatMap { access(in: $0) } == nil ? nil : .read
  }

  /// What another node may do in the room `name`; nil when it is not to be entered. It has feeds as it has what they are
  /// beside.
  func nodeAccess(in name: String) -> Access? {
    let beside = FeedRoom(name: name)?.subject.flatMap { access(in: $0) }
    return [access(in: name), beside].compactMap { $0 }.max()
  }
}
