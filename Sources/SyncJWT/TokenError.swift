/// A file with keys or revoked tokens that cannot be used.
public struct TokenError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong, and what to do.
  public let reason: String

  /// One line: the file and what is wrong.
  public var description: String { "\(path): \(reason)" }
}
