#if !hasFeature(Embedded)
  extension Document {
    /// All roots by name, as JSON.
    ///
    /// Numbers and the order of members are JavaScript's: names that are whole numbers come first, ascending. Text is a
    /// string, an XML node its markup, bytes are a string in Base64, a subdocument is its identifier. What JSON cannot
    /// say, `undefined`, NaN and infinity, is null; members that are `undefined` are left out.
    public func jsonString(pretty: Bool = false) -> String {
      var writer = JSONWriter(isPretty: pretty)
      writer.object(roots.map { ($0.name, $0.content) })
      return writer.output
    }
  }

  extension Content {
    /// The content and all below as JSON, in the form of ``Document/jsonString(pretty:)``.
    public func jsonString(pretty: Bool = false) -> String {
      var writer = JSONWriter(isPretty: pretty)
      writer.write(self)
      return writer.output
    }
  }

  extension Value {
    /// The value as JSON, in the form of ``Document/jsonString(pretty:)``.
    public func jsonString(pretty: Bool = false) -> String {
      var writer = JSONWriter(isPretty: pretty)
      writer.write(self)
      return writer.output
    }
  }

  struct JSONWriter {
    var output = ""
    private let isPretty: Bool
    private var depth = 0

    init(isPretty: Bool) { self.isPretty = isPretty }

    mutating func write(_ content: Content) {
      switch content {
      case .value(let value): write(value)
      case .text(let text): write(text.string)
      case .array(let array): self.array(array.values) { $0.write($1) }
      case .map(let map): object(map.entries)
      case .xmlFragment, .xmlElement, .xmlText, .xmlHook: write(XMLMarkup.string(of: content))
      case .document(let document): write(document.guid)
      }
    }

    mutating func write(_ value: Value) {
      switch value {
      case .undefined, .null: output += "null"
      case .bool(let bool): output += bool ? "true" : "false"
      case .number(let number): output += Self.javaScript(number) ?? "null"
      case .bigInt(let integer): output += String(integer)
      case .string(let string): write(string)
      case .bytes(let bytes): write(Self.base64(bytes))
      case .array(let elements): array(elements) { $0.write($1) }
      case .object(let members):
        let present = members.filter { if case .undefined = $0.value { false } else { true } }
        object(present.map { ($0.name, .value($0.value)) })
      }
    }

    private mutating func array<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
      output += "["
      depth += 1
      for (index, element) in elements.enumerated() {
        if index > 0 { output += "," }
        newLine()
        write(&self, element)
      }
      depth -= 1
      if !elements.isEmpty { newLine() }
      output += "]"
    }

    mutating func object(_ members: [(key: String, value: Content)]) {
      let numbered = members.compactMap { member in PropertyOrder.arrayIndex(member.key).map { ($0, member) } }
        .sorted { $0.0 < $1.0 }.map { $0.1 }
      let named = members.filter { PropertyOrder.arrayIndex($0.key) == nil }
      output += "{"
      depth += 1
      for (index, member) in (numbered + named).enumerated() {
        if index > 0 { output += "," }
        newLine()
        write(member.key)
        output += isPretty ? ": " : ":"
        write(member.value)
      }
      depth -= 1
      if !members.isEmpty { newLine() }
      output += "}"
    }

    private mutating func newLine() {
      guard isPretty else { return }
      output += "\n"
      output += String(repeating: "  ", count: depth)
    }

    mutating func write(_ string: String) {
      output += "\""
      for scalar in string.unicodeScalars {
        switch scalar {
        case "\"": output += "\\\""
        case "\\": output += "\\\\"
        case "\n": output += "\\n"
        case "\r": output += "\\r"
        case "\t": output += "\\t"
        case "\u{8}": output += "\\b"
        case "\u{C}": output += "\\f"
        case "\0"..<" ":
          let hex = String(scalar.value, radix: 16)
          output += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: output.unicodeScalars.append(scalar)
        }
      }
      output += "\""
    }

    /// A number in JavaScript's notation, nil when JSON has none for it.
    static func javaScript(_ number: Double) -> String? {
      guard number.isFinite else { return nil }
      var writer = ByteWriter(capacity: 32)
      NumberText.write(number, to: &writer)
      return writer.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    private static func base64(_ bytes: [UInt8]) -> String {
      let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
      var text = ""
      for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        var bits: UInt32 = 0
        for offset in 0..<3 { bits = bits << 8 | (start + offset < bytes.count ? UInt32(bytes[start + offset]) : 0) }
        for position in 0..<4 {
          text.append(position <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * position) & 0x3F)] : "=")
        }
      }
      return text
    }
  }

  extension Content {
    /// The content as text: a string as it is, all else as JSON.
    public var plainText: String {
      switch self {
      case .value(.string(let string)): string
      case .text(let text): text.string
      case .xmlFragment, .xmlElement, .xmlText, .xmlHook: XMLMarkup.string(of: self)
      default: jsonString()
      }
    }
  }
#endif
