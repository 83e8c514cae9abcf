#if !hasFeature(Embedded)
  extension Document {
    /// All roots by name, as JSON.
    ///
    /// Numbers and the order of members are JavaScript's: names that are whole numbers come first, ascending. Text is a
    /// string, an XML node its markup, bytes are a string in Base64, a subdocument is its identifier. What JSON cannot
    /// say, `undefined`, NaN and infinity, is null; members that are `undefined` are left out.
    ///
    /// - Complexity: O(*n*) in the contents.
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
    /// An array or object that is being written.
    private struct Container {
      /// An array's elements have no key.
      let members: [(key: String?, value: Content)]
      let close: String
      var next = 0
    }

    var output = ""
    private let isPretty: Bool
    private let writesMarkup: Bool
    /// Peers choose how deep shared types nest, so those that are open are kept in a list.
    private var open: [Container] = []

    /// - Parameter writesMarkup: Whether an XML node is its markup. Inside markup it is null: a text in a text in a text,
    ///   each with escapes of its own, would grow without bound.
    init(isPretty: Bool, writesMarkup: Bool = true) {
      self.isPretty = isPretty
      self.writesMarkup = writesMarkup
    }

    mutating func write(_ value: Value) { write(.value(value)) }

    mutating func write(_ content: Content) {
      begin(content)
      finish()
    }

    mutating func object(_ members: [(key: String, value: Content)]) {
      begin(Self.object(members))
      finish()
    }

    private mutating func begin(_ content: Content) {
      if let container = container(content) { begin(container) } else { write(scalar: content) }
    }

    private mutating func begin(_ container: Container) {
      output += container.close == "]" ? "[" : "{"
      open.append(container)
    }

    /// Writes the rest of all that is open.
    private mutating func finish() {
      while let last = open.last {
        guard last.next < last.members.count else {
          open.removeLast()
          if !last.members.isEmpty { newLine() }
          output += last.close
          continue
        }
        open[open.count - 1].next += 1
        if last.next > 0 { output += "," }
        newLine()
        let member = last.members[last.next]
        if let key = member.key {
          write(key)
          output += isPretty ? ": " : ":"
        }
        begin(member.value)
      }
    }

    private func container(_ content: Content) -> Container? {
      switch content {
      case .array(let array): Container(members: array.values.map { (nil, $0) }, close: "]")
      case .map(let map): Self.object(map.entries)
      case .value(.array(let elements)): Container(members: elements.map { (nil, .value($0)) }, close: "]")
      case .value(.object(let members)):
        Self.object(members.filter { $0.value != .undefined }.map { ($0.name, .value($0.value)) })
      default: nil
      }
    }

    private static func object(_ members: [(key: String, value: Content)]) -> Container {
      let numbered = members.compactMap { member in PropertyOrder.arrayIndex(member.key).map { ($0, member) } }
        .sorted { $0.0 < $1.0 }.map { $0.1 }
      let named = members.filter { PropertyOrder.arrayIndex($0.key) == nil }
      return Container(members: (numbered + named).map { ($0.key, $0.value) }, close: "}")
    }

    private mutating func write(scalar content: Content) {
      switch content {
      case .value(.bool(let bool)): output += bool ? "true" : "false"
      case .value(.number(let number)): output += Self.javaScript(number) ?? "null"
      case .value(.bigInt(let integer)): output += String(integer)
      case .value(.string(let string)): write(string)
      case .value(.bytes(let bytes)): write(Self.base64(bytes))
      case .text(let text): write(text.string)
      case .document(let document): write(document.guid)
      case .xmlFragment, .xmlElement, .xmlText, .xmlHook:
        if writesMarkup { write(XMLMarkup.string(of: content)) } else { output += "null" }
      case .value, .array, .map: output += "null"
      }
    }

    private mutating func newLine() {
      guard isPretty else { return }
      output += "\n"
      output += Margin.string(depth: open.count)
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
