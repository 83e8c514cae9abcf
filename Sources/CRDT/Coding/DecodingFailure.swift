#if !hasFeature(Embedded)
  /// Why a value is not one of a type, before it is known where.
  enum DecodingFailure: Error {
    /// It is of another kind than this.
    case mismatch(String)
    /// It is of the right kind, but not right.
    case corrupted(String)

    func error<Result>(for type: Result.Type, _ value: Value, at path: [any CodingKey]) -> DecodingError {
      switch self {
      case .mismatch(let expected):
        let context = DecodingError.Context(
          codingPath: path, debugDescription: "Expected \(expected) but found \(value.kindInWords).")
        return value.isNullOrUndefined
          ? DecodingError.valueNotFound(type, context) : DecodingError.typeMismatch(type, context)
      case .corrupted(let sentence):
        return DecodingError.dataCorrupted(DecodingError.Context(codingPath: path, debugDescription: sentence))
      }
    }
  }

  extension Value {
    var isNullOrUndefined: Bool { self == .null || self == .undefined }

    /// What kind of value it is, with an article.
    var kindInWords: String {
      switch self {
      case .undefined: "undefined"
      case .null: "null"
      case .bool: "a bool"
      case .number: "a number"
      case .bigInt: "a big integer"
      case .string: "a string"
      case .bytes: "bytes"
      case .array: "an array"
      case .object: "an object"
      }
    }
  }

  /// The index of an element, or the place of a superclass, on the path to a value.
  struct PathKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    static let superclass = PathKey(stringValue: "super")

    init(stringValue: String) {
      self.stringValue = stringValue
      intValue = nil
    }

    init(intValue: Int) {
      stringValue = "Index \(intValue)"
      self.intValue = intValue
    }
  }
#endif
