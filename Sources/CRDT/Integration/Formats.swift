/// A format's value as the JSON text that it is written as.
struct FormatValue {
  var json: [UInt8]

  init(json: [UInt8]) { self.json = json }

  init(_ value: Value) { json = JSONText.text(of: value) }

  /// Says that the format is not in force.
  static var null: FormatValue { FormatValue(json: [0x6E, 0x75, 0x6C, 0x6C]) }

  var isNull: Bool { self == .null }

  /// The plain value.
  var value: Value { json.withUnsafeBytes { JSONText.value($0) } }
}

extension FormatValue: Equatable {
  /// Whether both mean the same value, however it is written.
  static func == (left: FormatValue, right: FormatValue) -> Bool {
    if left.json == right.json { return true }
    // Most values are words and strings, whose text is the same when they are.
    guard let first = left.json.first, let other = right.json.first, first == other else { return false }
    return left.value == right.value
  }
}

/// Formats by name, each name once, in the order in which they came up.
struct Formats {
  struct Entry {
    var name: NameIndex
    var value: FormatValue
  }

  private(set) var entries: [Entry] = []

  var isEmpty: Bool { entries.isEmpty }

  /// A format's value; nil when it is not listed.
  subscript(name: NameIndex) -> FormatValue? {
    get { entries.first { $0.name == name }?.value }
    set {
      let index = entries.firstIndex { $0.name == name }
      switch (index, newValue) {
      case (let index?, let value?): entries[index].value = value
      case (let index?, nil): entries.remove(at: index)
      case (nil, let value?): entries.append(Entry(name: name, value: value))
      case (nil, nil): break
      }
    }
  }

  /// A format's value, or null where none is in force.
  func value(_ name: NameIndex) -> FormatValue { self[name] ?? .null }

  /// Notes what a mark says: null ends a format.
  mutating func update(_ name: NameIndex, _ value: FormatValue) { self[name] = value.isNull ? nil : value }
}

extension DocumentStore {
  /// Attributes by the numbers of their names, in the order in which JavaScript would write them.
  mutating func formats(_ attributes: Attributes) -> Formats {
    var formats = Formats()
    for member in PropertyOrder.sorted(attributes.members) {
      var name = member.name
      let index = name.withUTF8 { names.intern(UnsafeRawBufferPointer($0)) }
      formats[index] = FormatValue(member.value)
    }
    return formats
  }

  /// Formats as attributes with their names.
  func attributes(_ formats: Formats) -> Attributes {
    Attributes(formats.entries.map { Value.Member(names.string($0.name), $0.value.value) })
  }
}
