import CRDT

/// A way into a document: a root's name, then keys of maps and indices of arrays, as in `tasks/0/title`.
package struct DocumentPath: Sendable {
  package let steps: [String]

  package init(steps: [String]) { self.steps = steps }

  /// Reads `text`, whose steps are divided by `/`; `~1` stands for a `/` in a key and `~0` for a `~`, as in JSON Pointer.
  package init(_ text: String) {
    steps = text.split(separator: "/").map { step in
      String(step).replacing("~1", with: "/").replacing("~0", with: "~")
    }
  }

  /// The way to a place that an update touched.
  package init(_ path: TouchedPath) {
    steps =
      [path.root]
      + path.components.map { component in
        switch component {
        case .key(let key): key
        case .index(let index): "\(index)"
        }
      }
  }

  /// The place of a member or an element.
  package func appending(_ step: String) -> DocumentPath { DocumentPath(steps: steps + [step]) }

  /// The path as it is written.
  package var description: String {
    steps.map { $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined(separator: "/")
  }

  /// What is there in `document`, or nil when nothing is.
  package func content(in document: Document) -> Content? {
    guard let name = steps.first else { return nil }
    var content = document.roots.first { $0.name.utf8.elementsEqual(name.utf8) }?.content
    for step in steps.dropFirst() { content = content.flatMap { DocumentPath.member(step, of: $0) } }
    return content
  }

  private static func member(_ step: String, of content: Content) -> Content? {
    switch content {
    case .array(let array): index(step, below: array.count).map { array[$0] }
    case .map(let map): map[step]
    case .xmlFragment(let fragment): index(step, below: fragment.count).map { fragment[$0] }
    case .xmlElement(let element): index(step, below: element.count).map { element[$0] } ?? element.attributes[step]
    case .xmlHook(let hook): hook.map[step]
    case .value(let value): member(step, of: value).map { .value($0) }
    default: nil
    }
  }

  private static func member(_ step: String, of value: Value) -> Value? {
    switch value {
    case .array(let elements): index(step, below: elements.count).map { elements[$0] }
    case .object(let members): members.last { $0.name.utf8.elementsEqual(step.utf8) }?.value
    default: nil
    }
  }

  private static func index(_ step: String, below count: Int) -> Int? {
    guard let index = Int(step), (0..<count).contains(index) else { return nil }
    return index
  }
}
