import CRDT
import SyncHTTP

/// What two documents show differently, place by place.
struct ContentComparison {
  /// One difference.
  struct Difference: Encodable, Equatable {
    /// A root's name, then keys and indices.
    let path: String
    /// What the documents show there, as JSON; absent where nothing is.
    let left: String?
    let right: String?
  }

  /// In the order of the roots' names, then of the places within.
  private(set) var differences: [Difference] = []

  init(_ left: Document, _ right: Document) {
    compare(ContentComparison.roots(of: left), ContentComparison.roots(of: right), at: DocumentPath(steps: []))
  }

  /// What is in a document by root, in the order of their names; roots that show nothing are left out, since looking at one
  /// makes it.
  private static func roots(of document: Document) -> [Value.Member] {
    document.roots
      .map { root in
        let text = root.content.jsonString()
        // What is nested too deeply is compared as a whole.
        return Value.Member(root.name, (try? Value(json: text)) ?? .string(text))
      }
      .filter { !isEmpty($0.value) }
      .sorted { $0.name < $1.name }
  }

  private static func isEmpty(_ value: Value) -> Bool {
    switch value {
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    case .string(let text): text.isEmpty
    default: false
    }
  }

  private mutating func compare(_ left: Value?, _ right: Value?, at path: DocumentPath) {
    guard left != right else { return }
    switch (left, right) {
    case (.object(let mine)?, .object(let theirs)?): compare(mine, theirs, at: path)
    case (.array(let mine)?, .array(let theirs)?): compare(mine, theirs, at: path)
    default:
      differences.append(
        Difference(path: path.description, left: left?.jsonString(), right: right?.jsonString()))
    }
  }

  /// Each name is there once, and another when its bytes are others.
  private mutating func compare(_ left: [Value.Member], _ right: [Value.Member], at path: DocumentPath) {
    func values(_ members: [Value.Member]) -> [[UInt8]: Value] {
      Dictionary(members.map { (Array($0.name.utf8), $0.value) }, uniquingKeysWith: { $1 })
    }
    let (mine, theirs) = (values(left), values(right))
    for member in left { compare(member.value, theirs[Array(member.name.utf8)], at: path.appending(member.name)) }
    for member in right where mine[Array(member.name.utf8)] == nil {
      compare(nil, member.value, at: path.appending(member.name))
    }
  }

  /// Elements before and behind the middle that differs are the same; within it, the first is compared with the first.
  private mutating func compare(_ left: [Value], _ right: [Value], at path: DocumentPath) {
    let start = zip(left, right).prefix { $0 == $1 }.count
    let end = zip(left[start...].reversed(), right[start...].reversed()).prefix { $0 == $1 }.count
    let (mine, theirs) = (left[start..<left.count - end], right[start..<right.count - end])
    for index in 0..<max(mine.count, theirs.count) {
      compare(
        index < mine.count ? mine[start + index] : nil, index < theirs.count ? theirs[start + index] : nil,
        at: path.appending("\(start + index)"))
    }
  }
}

extension ContentComparison.Difference {
  /// The difference in lines for people: texts line by line, other values as JSON.
  var lines: [String] {
    let place = Output.printable(path)
    let (mine, theirs) = (left.flatMap { string($0) }, right.flatMap { string($0) })
    if let mine, let theirs, mine.contains("\n") || theirs.contains("\n") || mine.count + theirs.count > 100 {
      return ["\(place):"] + lineDifference(mine, theirs).map { "  \($0)" }
    }
    return switch (left, right) {
    case (let left?, let right?): ["\(place): \(shown(left, .red)) → \(shown(right, .green))"]
    case (let left?, nil): ["\(place): \(shown(left, .red)) is on the left only"]
    case (nil, let right?): ["\(place): \(shown(right, .green)) is on the right only"]
    case (nil, nil): []
    }
  }

  private func shown(_ text: String, _ style: Style) -> String { Output.styled(Output.printable(text), style) }

  private func string(_ json: String) -> String? { (try? Value(json: json))?.stringValue }

  /// The lines that differ, with `-` for the left and `+` for the right, and up to two lines around them.
  private func lineDifference(_ left: String, _ right: String) -> [String] {
    let (mine, theirs) = (ContentComparison.lines(of: left), ContentComparison.lines(of: right))
    let change = theirs.difference(from: mine)
    var (removed, inserted): (Set<Int>, Set<Int>) = ([], [])
    for step in change {
      switch step {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var result: [(text: String, isChange: Bool)] = []
    var (i, j) = (0, 0)
    while i < mine.count || j < theirs.count {
      if i < mine.count, removed.contains(i) {
        result.append((shown("- \(mine[i])", .red), true))
        i += 1
      } else if j < theirs.count, inserted.contains(j) {
        result.append((shown("+ \(theirs[j])", .green), true))
        j += 1
      } else {
        result.append(("  \(Output.printable(mine[i]))", false))
        (i, j) = (i + 1, j + 1)
      }
    }
    let changes = result.indices.filter { result[$0].isChange }
    var lines: [String] = []
    var shown = 0
    for index in changes {
      let first = max(index - 2, shown)
      if first > shown { lines.append("…") }
      for near in first...max(min(index + 2, result.count - 1), first) where near >= shown {
        lines.append(result[near].text)
        shown = near + 1
      }
    }
    if shown < result.count { lines.append("…") }
    return lines
  }
}

extension ContentComparison {
  /// Lines of a text; a long one is divided behind its sentences, so that a change of a word does not show all of it.
  fileprivate static func lines(of text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
      guard line.count > 100 else { return [String(line)] }
      var pieces = [""]
      for word in line.split(separator: " ", omittingEmptySubsequences: false) {
        let last = pieces[pieces.count - 1]
        if last.count > 60 || (last.hasSuffix(".") && last.count > 20) {
          pieces.append(String(word))
        } else {
          pieces[pieces.count - 1] = last.isEmpty ? String(word) : "\(last) \(word)"
        }
      }
      return pieces
    }
  }
}
