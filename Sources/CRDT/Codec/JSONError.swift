/// Why a text is not JSON, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reason, as an open set: cases can be added.
  public struct Code: Equatable, Sendable, CustomStringConvertible {
    private enum Reason: UInt8 {
      case unexpectedEnd, unexpectedCharacter, invalidNumber, invalidEscape, controlCharacter, invalidUTF8, tooDeep
    }
    private let reason: Reason

    /// The text ends in the middle of a value.
    public static let unexpectedEnd = Code(reason: .unexpectedEnd)
    /// A character stands where JSON has no place for it, such as behind the end of the value.
    public static let unexpectedCharacter = Code(reason: .unexpectedCharacter)
    /// A number is not in JSON's notation.
    public static let invalidNumber = Code(reason: .invalidNumber)
    /// What follows a backslash is no escape sequence.
    public static let invalidEscape = Code(reason: .invalidEscape)
    /// A string has a control character that is not escaped.
    public static let controlCharacter = Code(reason: .controlCharacter)
    /// A string is not well-formed UTF-8.
    public static let invalidUTF8 = Code(reason: .invalidUTF8)
    /// Values are nested deeper than ``ValueCodec/depthMax``.
    public static let tooDeep = Code(reason: .tooDeep)

    /// The reason in words.
    public var description: String {
      switch reason {
      case .unexpectedEnd: "the text ends in the middle of a value"
      case .unexpectedCharacter: "a character is out of place"
      case .invalidNumber: "a number is not in JSON's notation"
      case .invalidEscape: "an escape sequence is unknown"
      case .controlCharacter: "a string has a control character"
      case .invalidUTF8: "a string is not UTF-8"
      case .tooDeep: "values are nested too deeply"
      }
    }
  }

  /// What is wrong.
  public let code: Code
  /// UTF-8 bytes from the start of the text to what is wrong.
  public let byteOffset: Int

  init(_ code: Code, at byteOffset: Int) {
    self.code = code
    self.byteOffset = byteOffset
  }

  /// One line: the reason and where.
  public var description: String { "\(code) at byte \(byteOffset)" }
}
