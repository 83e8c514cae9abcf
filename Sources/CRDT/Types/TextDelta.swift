/// A text with its formats, or a change of one, in the form of Quill's deltas: steps from the start of the text on.
///
/// ```swift
/// try text.apply([.retain(6), .delete(5), .insert("Swift", ["bold": true])])
/// ```
/// A text as a whole consists of insertions only. Lengths are UTF-16 code units; an embedded value or type counts one.
public struct TextDelta: Equatable, ExpressibleByArrayLiteral {
  /// One step.
  public enum Operation: Equatable {
    /// Text, with the formats that are in force for it.
    case insert(String, Attributes = [:])
    /// A value or a shared type that stands in the text and counts one unit, with its formats.
    case embed(Content, Attributes = [:])
    /// So many units stay. Attributes are changed formats, `null` for one that goes.
    case retain(Int, Attributes = [:])
    /// So many units go.
    case delete(Int)
  }

  /// The steps in order.
  public var operations: [Operation]

  /// A delta of the given steps.
  public init(_ operations: [Operation] = []) { self.operations = operations }

  /// A delta of the given steps.
  public init(arrayLiteral operations: Operation...) { self.operations = operations }

  /// Whether there is no step: nothing is there, or nothing changes.
  public var isEmpty: Bool { operations.isEmpty }
}

/// Puts a delta together, joining steps that do the same.
struct TextDeltaBuilder {
  private var steps: [TextDelta.Operation] = []
  /// All text of the last step once something was joined to it: a string would be copied for each piece of the text.
  private var joined: [UInt8] = []

  /// The steps as they are.
  var operations: [TextDelta.Operation] {
    mutating get {
      close()
      return steps
    }
  }

  /// Joins text to that of the last step if that has the same formats.
  ///
  /// - Complexity: O(*n*) in the text, amortised.
  mutating func insert(_ text: String, _ attributes: Attributes) {
    guard case .insert(let before, let same)? = steps.last, same == attributes else {
      return append(.insert(text, attributes))
    }
    if joined.isEmpty { join(before) }
    join(text)
  }

  private mutating func join(_ text: String) {
    var text = text
    text.withUTF8 { joined.append(contentsOf: $0) }
  }

  /// Gives the last step the text that was joined.
  private mutating func close() {
    guard !joined.isEmpty, case .insert(_, let attributes)? = steps.last else { return }
    steps[steps.count - 1] = .insert(String(decoding: joined, as: UTF8.self), attributes)
    joined.removeAll()
  }

  private mutating func append(_ step: TextDelta.Operation) {
    close()
    steps.append(step)
  }

  mutating func embed(_ content: Content, _ attributes: Attributes) { append(.embed(content, attributes)) }

  mutating func retain(_ count: Int, _ attributes: Attributes = [:]) {
    if count == 0 { return }
    if case .retain(let before, let same)? = steps.last, same == attributes {
      steps[steps.count - 1] = .retain(before + count, attributes)
    } else {
      append(.retain(count, attributes))
    }
  }

  mutating func delete(_ count: Int) {
    if count == 0 { return }
    if case .delete(let before)? = steps.last {
      steps[steps.count - 1] = .delete(before + count)
    } else {
      append(.delete(count))
    }
  }

  /// The delta, without a last step that only retains.
  consuming func finish() -> TextDelta {
    if case .retain(_, let attributes)? = steps.last, attributes.isEmpty { steps.removeLast() }
    return TextDelta(operations)
  }
}
