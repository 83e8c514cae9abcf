import Foundation
import Testing

/// A description of JSON, as far as `Documentation/json` uses it.
struct JSONSchema {
  private let root: JSON

  /// Reads `Documentation/json/NAME.schema.json`.
  init(_ name: String) throws {
    let file = TestFiles.packageFile("Documentation/json/\(name).schema.json")
    root = try JSONDecoder().decode(JSON.self, from: Data(contentsOf: file))
  }

  /// What of `value` is not as described; empty when all is.
  func violations(of value: JSON) -> [String] { violations(of: value, root, at: "") }

  private func violations(of value: JSON, _ schema: JSON, at path: String) -> [String] {
    guard case .object(let rules) = schema else { return ["\(path): the schema is no object"] }
    return rules.sorted { $0.key < $1.key }.flatMap { name, rule in
      violations(of: value, name, rule, rules, at: path)
    }
  }

  private func violations(
    of value: JSON, _ name: String, _ rule: JSON, _ rules: [String: JSON], at path: String
  ) -> [String] {
    switch (name, rule, value) {
    case ("$schema", _, _), ("$defs", _, _), ("title", _, _), ("description", _, _): return []
    case ("$ref", .string(let reference), _):
      guard let schema = root["$defs"]?[reference.replacing("#/$defs/", with: "")] else {
        return ["\(path): the schema has no \(reference)"]
      }
      return violations(of: value, schema, at: path)
    case ("type", .string(let type), _): return value.isOf(type) ? [] : ["\(path): is no \(type)"]
    case ("const", _, _): return value == rule ? [] : ["\(path): is not \(rule)"]
    case ("enum", .array(let values), _):
      return values.contains(value) ? [] : ["\(path): \(value) is none of \(values)"]
    case ("minimum", .number(let minimum), .number(let number)):
      return number >= minimum ? [] : ["\(path): \(number) is less than \(minimum)"]
    case ("oneOf", .array(let schemas), _): return violations(of: value, oneOf: schemas, at: path)
    case ("items", _, .array(let elements)):
      return elements.enumerated().flatMap { violations(of: $1, rule, at: "\(path)/\($0)") }
    case ("required", .array(let names), .object(let members)):
      return names.compactMap { name in
        if case .string(let name) = name, members[name] == nil { return "\(path): has no \(name)" }
        return nil
      }
    case ("properties", .object(let schemas), .object(let members)):
      return members.sorted { $0.key < $1.key }.flatMap { name, member in
        schemas[name].map { violations(of: member, $0, at: "\(path)/\(name)") } ?? []
      }
    case ("additionalProperties", .bool(false), .object(let members)):
      guard case .object(let schemas)? = rules["properties"] else { return [] }
      return members.keys.filter { schemas[$0] == nil }.sorted().map { "\(path): \($0) is not described" }
    case ("minimum", _, _), ("items", _, _), ("required", _, _), ("properties", _, _), ("additionalProperties", _, _):
      // Of another type, which `type` says.
      return []
    default: return ["\(path): the checker does not know \(name)"]
    }
  }

  /// Exactly one must describe the value; when none does, the closest says why.
  private func violations(of value: JSON, oneOf schemas: [JSON], at path: String) -> [String] {
    let outcomes = schemas.map { violations(of: value, $0, at: path) }
    switch outcomes.count(where: \.isEmpty) {
    case 0: return outcomes.min { $0.count < $1.count } ?? []
    case 1: return []
    default: return ["\(path): \(value) is described twice"]
    }
  }
}

extension JSON {
  fileprivate func isOf(_ type: String) -> Bool {
    switch (type, self) {
    case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("number", .number),
      ("null", .null):
      true
    case ("integer", .number(let number)): number == number.rounded()
    default: false
    }
  }
}

/// Checks JSON, one value in each line, against `Documentation/json/NAME.schema.json`.
///
/// - Returns: The values.
@discardableResult
func expectSchema(
  _ name: String, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
) throws -> [JSON] {
  let schema = try JSONSchema(name)
  let values = try text.split(separator: "\n").map { try JSONDecoder().decode(JSON.self, from: Data($0.utf8)) }
  for value in values {
    let violations = schema.violations(of: value)
    #expect(violations.isEmpty, "\(value): \(violations)", sourceLocation: sourceLocation)
  }
  return values
}
