/// Named values that belong to a stretch of text: its formats, as in `["bold": true, "link": "https://example.org"]`.
///
/// In a delta that changes a text, `null` for a name takes the format away. Names are compared byte by byte. The order is
/// kept, since it is the order in which formats are written, but does not count when attributes are compared.
public struct Attributes: Sendable, ExpressibleByDictionaryLiteral {
  /// Names with their values, each name once.
  public private(set) var members: [Value.Member]

  /// No attributes.
  public init() { members = [] }

  /// Attributes of the given names; the last value counts where a name is given twice.
  public init(_ members: [Value.Member]) {
    self.members = []
    for member in members { self[member.name] = member.value }
  }

  /// Attributes in the order given.
  public init(dictionaryLiteral elements: (String, Value)...) {
    self.init(elements.map { Value.Member($0.0, $0.1) })
  }

  /// Whether there are none.
  public var isEmpty: Bool { members.isEmpty }

  /// The number of names.
  public var count: Int { members.count }

  /// A name's value; nil when the name is not there, as opposed to ``Value/null``.
  ///
  /// - Complexity: O(*n*) in the number of names.
  public subscript(name: String) -> Value? {
    get { index(of: name).map { members[$0].value } }
    set {
      switch (index(of: name), newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Value.Member(name, value))
      case (nil, nil): break
      }
    }
  }

  private func index(of name: String) -> Int? { members.firstIndex { $0.name.utf8.elementsEqual(name.utf8) } }

  /// The members in the order of their names' bytes.
  private var sorted: [Value.Member] {
    members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }
}

extension Attributes: Hashable {
  /// Whether both have the same names with the same values, in whatever order.
  public static func == (left: Attributes, right: Attributes) -> Bool {
    left.members.count == right.members.count && left.sorted == right.sorted
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(sorted) }
}
