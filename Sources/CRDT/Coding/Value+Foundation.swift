#if !hasFeature(Embedded)
  #if canImport(FoundationEssentials)
    import FoundationEssentials
  #elseif canImport(Foundation)
    import Foundation
  #endif

  extension Value {
    /// A value of a type that is not coded as its own implementation would: nil for all others.
    static func coding<Source: Encodable>(_ value: Source, dates: DateStrategy) -> Value? {
      // Types are compared, since a cast would take an empty array of any type for one of bytes.
      if Source.self == Value.self { return value as? Value }
      if Source.self == [UInt8].self, let bytes = value as? [UInt8] { return .bytes(bytes) }
      if Source.self == Content.self, let content = value as? Content { return content.plainValue }
      #if canImport(FoundationEssentials) || canImport(Foundation)
        if Source.self == Data.self, let data = value as? Data { return .bytes([UInt8](data)) }
        if Source.self == URL.self, let url = value as? URL { return .string(url.absoluteString) }
        if Source.self == Date.self, let date = value as? Date {
          switch dates {
          case .deferredToDate: return nil
          case .millisecondsSince1970: return .number((date.timeIntervalSince1970 * 1000).rounded())
          case .iso8601: return .string(date.formatted(Self.iso8601))
          }
        }
      #endif
      return nil
    }

    /// The inverse of ``coding(_:dates:)``: nil when the type decodes itself.
    ///
    /// - Throws: A sentence when the value is none of the type.
    func decoded<Result: Decodable>(as type: Result.Type, dates: DateStrategy) throws(DecodingFailure) -> Result? {
      if type == Value.self { return self as? Result }
      if type == [UInt8].self, case .bytes(let bytes) = self { return bytes as? Result }
      #if canImport(FoundationEssentials) || canImport(Foundation)
        if type == Data.self {
          guard case .bytes(let bytes) = self else { throw .mismatch("bytes") }
          return Data(bytes) as? Result
        }
        if type == URL.self {
          guard case .string(let string) = self else { throw .mismatch("a string") }
          guard let url = URL(string: string) else { throw .corrupted("The string is no URL.") }
          return url as? Result
        }
        if type == Date.self, dates != .deferredToDate { return try date(dates) as? Result }
      #endif
      return nil
    }

    #if canImport(FoundationEssentials) || canImport(Foundation)
      private static var iso8601: Date.ISO8601FormatStyle { Date.ISO8601FormatStyle(includingFractionalSeconds: true) }

      private func date(_ strategy: DateStrategy) throws(DecodingFailure) -> Date {
        if strategy == .millisecondsSince1970 {
          guard let milliseconds = doubleValue else { throw .mismatch("a number") }
          return Date(timeIntervalSince1970: milliseconds / 1000)
        }
        guard case .string(let string) = self else { throw .mismatch("a string") }
        // With a fraction of a second, as JavaScript writes it, or without.
        if let date = try? Self.iso8601.parse(string) { return date }
        if let date = try? Date.ISO8601FormatStyle().parse(string) { return date }
        throw .corrupted("The string is no date in ISO 8601.")
      }
    #endif
  }
#endif
