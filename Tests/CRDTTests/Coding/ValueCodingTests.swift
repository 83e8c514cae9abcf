import CRDT
import Foundation
import Testing

@Suite("Values and Codable")
struct ValueCodingTests {
  private enum Priority: String, Codable { case low, high }

  private struct Task: Codable, Equatable {
    var title: String
    var priority: Priority
    var isDone: Bool
    var estimate: Double?
    var tags: [String]
    var points: [String: Int]
    var parent: [Task]?
  }

  private enum Shape: Codable, Equatable {
    case circle(radius: Int)
    case named(String)
  }

  private class Base: Codable { var base = 1 }

  private final class Derived: Base {
    var derived = 2
    private enum Key: String, CodingKey { case derived }
    override init() { super.init() }
    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      derived = try container.decode(Int.self, forKey: .derived)
      try super.init(from: container.superDecoder())
    }
    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(derived, forKey: .derived)
      try super.encode(to: container.superEncoder())
    }
  }

  private func roundTrip<Coded: Codable & Equatable>(_ value: Coded, as expected: Value) throws {
    let encoded = try ValueEncoder().encode(value)
    #expect(encoded == expected)
    #expect(try ValueDecoder().decode(Coded.self, from: encoded) == value)
  }

  @Test("A struct becomes an object and comes back")
  func structs() throws {
    let child = Task(title: "b", priority: .low, isDone: true, estimate: nil, tags: [], points: [:], parent: nil)
    let task = Task(
      title: "a", priority: .high, isDone: false, estimate: 1.5, tags: ["x"], points: ["é": 1], parent: [child])
    let childValue: Value = ["title": "b", "priority": "low", "isDone": true, "tags": [], "points": [:]]
    try roundTrip(
      task,
      as: [
        "title": "a", "priority": "high", "isDone": false, "estimate": 1.5, "tags": ["x"], "points": ["é": 1],
        "parent": [childValue],
      ])
    try roundTrip([Shape.circle(radius: 1), .named("n")], as: [["circle": ["radius": 1]], ["named": ["_0": "n"]]])
    try roundTrip(["a": [1, nil, 3]], as: ["a": [1, nil, 3]])
    try roundTrip([1: "one"], as: ["1": "one"])
  }

  @Test("A superclass is coded beside its subclass")
  func classes() throws {
    let derived = Derived()
    (derived.base, derived.derived) = (7, 8)
    let value = try ValueEncoder().encode(derived)
    #expect(value == ["derived": 8, "super": ["base": 7]])
    let decoded = try ValueDecoder().decode(Derived.self, from: value)
    #expect(decoded.base == 7 && decoded.derived == 8)
  }

  @Test("Numbers keep their value, or are refused")
  func numbers() throws {
    try roundTrip(Int64.max, as: .bigInt(.max))
    try roundTrip(UInt8.max, as: 255)
    try roundTrip(-0.0, as: .number(-0.0))
    try roundTrip(Float(0.1), as: .number(Double(Float(0.1))))
    #expect(throws: EncodingError.self) { try ValueEncoder().encode(UInt64.max) }
    #expect(try ValueDecoder().decode(Double.self, from: .bigInt(3)) == 3)
    #expect(try ValueDecoder().decode(Int.self, from: .bigInt(3)) == 3)
    for (value, sentence) in [
      (Value(256), "The number 256 does not fit UInt8."), (1.5, "The number 1.5 does not fit UInt8."),
    ] {
      let error = #expect(throws: DecodingError.self) { try ValueDecoder().decode([UInt8].self, from: [value]) }
      guard case .dataCorrupted(let context)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(context.debugDescription == sentence)
      #expect(context.codingPath.map(\.intValue) == [0])
    }
  }

  @Test("Bytes, links, dates and values have forms of their own")
  func foundation() throws {
    try roundTrip([UInt8]([1, 2]), as: .bytes([1, 2]))
    try roundTrip([Int](), as: [])
    try roundTrip(Data([1, 2]), as: .bytes([1, 2]))
    try roundTrip(
      URL(string: "https://example.com/é")!, as: .string(URL(string: "https://example.com/é")!.absoluteString))
    try roundTrip(["v": Value.undefined], as: ["v": .undefined])
    #expect(try ValueDecoder().decode([UInt8].self, from: [1, 2]) == [1, 2])
    #expect(try ValueDecoder().decode([Int].self, from: .bytes([1, 2])) == [1, 2])
    let date = Date(timeIntervalSince1970: 1_743_422_400.25)
    for (strategy, expected) in [
      (DateStrategy.deferredToDate, Value.number(date.timeIntervalSinceReferenceDate)),
      (.millisecondsSince1970, 1_743_422_400_250), (.iso8601, "2025-03-31T12:00:00.250Z"),
    ] {
      var (encoder, decoder) = (ValueEncoder(), ValueDecoder())
      (encoder.dates, decoder.dates) = (strategy, strategy)
      #expect(try encoder.encode([date]) == [expected])
      #expect(try decoder.decode([Date].self, from: [expected]) == [date])
    }
    var decoder = ValueDecoder()
    decoder.dates = .iso8601
    #expect(try decoder.decode(Date.self, from: "2025-03-31T12:00:00Z") == Date(timeIntervalSince1970: 1_743_422_400))
    #expect(throws: DecodingError.self) { try decoder.decode(Date.self, from: "yesterday") }
  }

  @Test(
    "An error says what was expected, what was found, and where",
    arguments: [
      (["title": 1], "title", "Expected a string but found a number."),
      (["title": "a", "priority": nil], "priority", "Expected a string but found null."),
      (["title": "a"], "", "The object has no \"priority\"."),
      (
        ["title": "a", "priority": "low", "isDone": true, "tags": ["x", ["y"]]], "tags.1",
        "Expected a string but found an array."
      ),
      (
        ["title": "a", "priority": "low", "isDone": true, "tags": [], "points": [:], "parent": [["title": true]]],
        "parent.0.title", "Expected a string but found a bool."
      ),
      ([], "", "Expected an object but found an array."),
    ] as [(Value, String, String)])
  func errors(value: Value, path: String, sentence: String) {
    let error = #expect(throws: DecodingError.self) { try ValueDecoder().decode(Task.self, from: value) }
    let context: DecodingError.Context? =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
        .dataCorrupted(let context):
        context
      default: nil
      }
    #expect(context?.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".") == path)
    #expect(context?.debugDescription == sentence)
  }

  @Test("A value goes through another coder, such as Foundation's for JSON")
  func otherCoders() throws {
    let value: Value = ["a": [1, 2.5, "x", true, nil, ["b": [:]]]]
    let data = try JSONEncoder().encode(value)
    #expect(try JSONDecoder().decode(Value.self, from: data) == value)
    #expect(try Value(json: [UInt8](data)) == value)
  }

  @Test("Values too deep for a document are refused, not encoded")
  func depth() throws {
    indirect enum Nested: Encodable {
      case leaf, inside(Nested)
      func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        if case .inside(let nested) = self { try container.encode(nested) }
      }
    }
    var nested = Nested.leaf
    for _ in 0..<128 { nested = .inside(nested) }
    #expect(throws: Never.self) { try ValueEncoder().encode(nested) }
    #expect(throws: EncodingError.self) { try ValueEncoder().encode(Nested.inside(nested)) }
  }
}
