/// Says where a transaction came from, for those who observe it: an editor, a connection, an import.
public struct Origin: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// The name given.
  public let name: String

  /// The origin `name`.
  public init(_ name: String) { self.name = name }

  /// The origin of the given name.
  public init(stringLiteral name: String) { self.name = name }

  /// The name given.
  public var description: String { name }

  /// Compares names byte by byte.
  public static func == (left: Origin, right: Origin) -> Bool { left.name.utf8.elementsEqual(right.name.utf8) }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    var name = name
    name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
