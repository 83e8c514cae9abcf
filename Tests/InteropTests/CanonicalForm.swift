import CRDT
import TestSupport

/// The canonical form of values in `Drivers/PROTOCOL.md`.
extension Document {
  var canonicalValues: String {
    Self.sharedRootNames.map { sharedRoot($0).canonical }.joined(separator: "\n")
  }
}

extension SharedKind {
  var canonical: String {
    switch self {
    case .text(let text): "text(\(text.delta.canonicalContent))"
    case .xmlText(let node): "xmlText(\(node.text.delta.canonicalContent))"
    case .array(let array): "array[\(array.values.map(\.canonical).joined(separator: ","))]"
    case .map(let map): "map\(map.canonicalEntries)"
    case .fragment(let fragment): "fragment[\(fragment.children.map(\.canonical).joined(separator: ","))]"
    case .element(let element):
      "element(\(canonicalString(element.name))\(element.attributes.canonicalEntries)"
        + "[\(element.children.map(\.canonical).joined(separator: ","))])"
    }
  }
}

extension SharedMap {
  fileprivate var canonicalEntries: String {
    "{" + keysInBytes.map { "\(canonicalString($0)):\(self[$0]?.canonical ?? "missing")" }.joined(separator: ",") + "}"
  }
}

extension TextDelta {
  /// A text's content, formats behind each stretch.
  var canonicalContent: String {
    operations.map { operation in
      switch operation {
      case .insert(let text, let attributes): canonicalString(text) + attributes.canonical
      case .embed(let content, let attributes): "<\(content.canonical)>" + attributes.canonical
      case .retain, .delete: "no content"
      }
    }
    .joined()
  }

  /// A change of a text.
  var canonicalSteps: [String] {
    operations.map { operation in
      switch operation {
      case .insert(let text, let attributes): "+" + canonicalString(text) + attributes.canonical
      case .embed(let content, let attributes): "<\(content.canonical)>" + attributes.canonical
      case .retain(let count, let attributes): "=\(count)" + attributes.canonical
      case .delete(let count): "-\(count)"
      }
    }
  }
}

extension Attributes {
  /// Nothing for no attributes.
  var canonical: String { isEmpty ? "" : Value.object(members).canonical }
}

extension Content {
  var canonical: String {
    switch self {
    case .value(let value): value.canonical
    case .xmlHook(let hook): "hook(\(canonicalString(hook.name)))"
    case .document(let document):
      "document(\(canonicalString(document.guid))"
        + Value.object(document.meta.map { [Value.Member("meta", $0)] } ?? []).canonical + ")"
    default: SharedKind(self)!.canonical
    }
  }
}

extension Value {
  var canonical: String {
    switch self {
    case .undefined: "undefined"
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .number(let number): canonicalNumber(number)
    case .bigInt(let integer): "\(integer)n"
    case .string(let string): canonicalString(string)
    case .bytes(let bytes): "bytes(\(hex(bytes)))"
    case .array(let elements): "[\(elements.map(\.canonical).joined(separator: ","))]"
    case .object(let members):
      "{"
        + members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        .map { "\(canonicalString($0.name)):\($0.value.canonical)" }.joined(separator: ",") + "}"
    }
  }
}

private func canonicalNumber(_ number: Double) -> String {
  if number.isNaN { return "nan" }
  let isNegativeZero = number == 0 && number.sign == .minus
  if let integer = Int64(exactly: number), integer.magnitude < 1 << 53, !isNegativeZero { return String(integer) }
  let digits = String(number.bitPattern, radix: 16)
  return "f:" + String(repeating: "0", count: 16 - digits.count) + digits
}

/// A JSON string, with the escapes of JavaScript's `JSON.stringify`.
func canonicalString(_ string: String) -> String {
  var result = "\""
  for scalar in string.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\u{8}": result += "\\b"
    case "\u{C}": result += "\\f"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case "\0"..<" ":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
