/// Why bytes from outside were refused. What they were meant for is unchanged when this is thrown.
public struct UpdateError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reason, as an open set: cases can be added.
  public struct Code: Equatable, Sendable, CustomStringConvertible {
    private enum Reason: UInt8 {
      case truncated, overlongInteger, integerOutOfRange, invalidUTF8, unknownContent, unknownValue, invalidReference,
        tooDeep, tooLarge, trailingBytes, unknownMessage, emptyStruct
    }
    private let reason: Reason

    /// The input ends in the middle of a field.
    public static let truncated = Code(reason: .truncated)
    /// A variable-length integer goes on for more bytes than its largest value needs.
    public static let overlongInteger = Code(reason: .overlongInteger)
    /// An integer is larger than this field allows.
    public static let integerOutOfRange = Code(reason: .integerOutOfRange)
    /// A string is not well-formed UTF-8.
    public static let invalidUTF8 = Code(reason: .invalidUTF8)
    /// A struct has a content reference or type reference that no version of the format defines.
    public static let unknownContent = Code(reason: .unknownContent)
    /// A value has a tag that no version of the format defines.
    public static let unknownValue = Code(reason: .unknownValue)
    /// A struct refers to a unit of its own client that is not before it.
    public static let invalidReference = Code(reason: .invalidReference)
    /// Values are nested deeper than the limit.
    public static let tooDeep = Code(reason: .tooDeep)
    /// The document would hold more units than it can count.
    public static let tooLarge = Code(reason: .tooLarge)
    /// The input goes on after its end.
    public static let trailingBytes = Code(reason: .trailingBytes)
    /// A protocol message has a type that is not defined.
    public static let unknownMessage = Code(reason: .unknownMessage)

    /// A struct has no units.
    public static let emptyStruct = Code(reason: .emptyStruct)

    #if !hasFeature(Embedded)
      /// The reason as it is called in code, such as `truncated`, for programs that read it.
      public var name: String { "\(reason)" }
    #endif

    /// The reason in words.
    public var description: String {
      switch reason {
      case .truncated: "the input is truncated"
      case .overlongInteger: "an integer is encoded in too many bytes"
      case .integerOutOfRange: "an integer is out of range"
      case .invalidUTF8: "a string is not UTF-8"
      case .unknownContent: "a content type is unknown"
      case .unknownValue: "a value's tag is unknown"
      case .invalidReference: "a struct refers to a later unit of its own client"
      case .tooDeep: "values are nested too deeply"
      case .tooLarge: "the document would be too large"
      case .trailingBytes: "bytes follow the end"
      case .emptyStruct: "a struct is empty"
      case .unknownMessage: "a message type is unknown"
      }
    }
  }

  /// What is wrong.
  public let code: Code
  /// Bytes from the start of the input to the field that is wrong.
  public let byteOffset: Int

  /// The error `code` at `byteOffset`.
  public init(_ code: Code, at byteOffset: Int) {
    self.code = code
    self.byteOffset = byteOffset
  }

  /// One line: the reason and where.
  public var description: String { "\(code) at byte \(byteOffset)" }
}
