/// What kind of thing a user is told of, by which it is muted, gathered and shown.
///
/// An application names its own in ``Node/Configuration/notificationCategories``; all others are refused.
public struct NotificationCategory: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral,
  CustomStringConvertible
{
  /// What it is called in documents, over HTTP and on the command line.
  public let rawValue: String

  /// The category of a name.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The category of a name.
  public init(stringLiteral value: String) { self.init(rawValue: value) }

  /// The category's name.
  public var description: String { rawValue }

  /// About the service: announcements, maintenance, alerts.
  public static let system: NotificationCategory = "system"
  /// What somebody did that concerns the user: mentions, comments, invitations.
  public static let userAction: NotificationCategory = "user-action"
  /// How fast and how well something of the user's runs.
  public static let performance: NotificationCategory = "performance"

  /// The categories that every node has.
  public static let builtIn: [NotificationCategory] = [.system, .userAction, .performance]
}
