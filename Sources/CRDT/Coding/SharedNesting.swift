#if !hasFeature(Embedded)
  /// Which new values become shared types, that merge inside, and which plain values, that are replaced as a whole.
  ///
  /// It says so only for what is new: a shared type that is there already is kept and changed inside, as long as the value
  /// it is to have is of its kind, and a plain value that equals the new one is left alone.
  public struct SharedNesting: OptionSet, Hashable, Sendable {
    /// The bits of the options.
    public let rawValue: UInt8

    /// Options by their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Objects, dictionaries and structs become a ``SharedMap``.
    public static let maps = SharedNesting(rawValue: 1)
    /// Arrays become a ``SharedArray``.
    public static let arrays = SharedNesting(rawValue: 2)
    /// Strings become a ``SharedText``.
    public static let texts = SharedNesting(rawValue: 4)

    /// New values are plain, all of them.
    public static let plain: SharedNesting = []
    /// Objects and arrays become shared types; strings stay plain, so that names and enumerations are replaced whole.
    public static let containers: SharedNesting = [.maps, .arrays]
  }

  /// A shared map or array was to become a value of another kind.
  public struct ValueKindError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What the value had to be: `object` or `array`.
    public let expected: String

    /// One line: what the value had to be.
    public var description: String { "the value is no \(expected)" }
  }
#endif
