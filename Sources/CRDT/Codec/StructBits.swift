/// The parts of a struct's first byte, the same in both update formats.
enum StructBits {
  /// The kind of content.
  static var content: UInt8 { 0x1F }
  /// The units are a key's values.
  static var key: UInt8 { 0x20 }
  /// A right origin is named.
  static var rightOrigin: UInt8 { 0x40 }
  /// An origin is named.
  static var origin: UInt8 { 0x80 }
  /// The whole byte of a stretch that the update leaves out.
  static var skip: UInt8 { 10 }
}

extension TypeKind {
  /// Whether a type of the kind has a name of its own.
  var isNamed: Bool { self == .xmlElement || self == .xmlHook }
}
