/// Why somebody was not told something, or a choice was not taken. Nothing was changed.
public struct NotificationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reason, as an open set: cases can be added.
  public struct Code: Equatable, Sendable {
    private enum Reason { case unknownCategory, missing, large, malformed, unknownNotification, tooMany }
    private let reason: Reason

    /// The category is neither built in nor one of the configuration's.
    public static let unknownCategory = Code(reason: .unknownCategory)
    /// A field that must say something is empty.
    public static let missing = Code(reason: .missing)
    /// A field has more bytes than ``Limits`` allow.
    public static let large = Code(reason: .large)
    /// A field says what it cannot say: a link of another scheme, an expiry that is past, a time zone that is not known.
    public static let malformed = Code(reason: .malformed)
    /// There is no notification of the identifier, here.
    public static let unknownNotification = Code(reason: .unknownNotification)
    /// The sender has sent too many in a while.
    public static let tooMany = Code(reason: .tooMany)
  }

  /// What is wrong.
  public let code: Code
  /// The field that is wrong, as it is called over HTTP; nil where it is none.
  public let field: String?
  /// One line: what is wrong, and what would be right.
  public let description: String

  init(_ code: Code, _ field: String?, _ description: String) {
    self.code = code
    self.field = field
    self.description = description
  }
}
