#if !hasFeature(Embedded)
  extension SharedText {
    /// Makes the text what a delta of insertions says, formats and embedded values included, by few changes in one
    /// transaction: what stays keeps its identity, and where nothing differs nothing is written.
    ///
    /// A shared type that the delta embeds, or the character U+FFFC, stands for a shared type that is embedded in the text
    /// at that place; where there is none, it becomes the character.
    ///
    /// - Precondition: The delta only inserts.
    /// - Complexity: As ``update(to:)-(String)``, and O(*n*) for each stretch whose formats change.
    public func update(to delta: TextDelta) {
      var numbers = ValueNumbers()
      let old = RichTokens(self.delta, &numbers)
      let new = RichTokens(delta, &numbers)
      let edits = ListDifference(from: old.tokens, to: new.tokens).edits
      if edits.isEmpty {
        format(from: old, to: new)
        return
      }
      document.transact {
        // From the end, so that positions before stay valid.
        for edit in edits.reversed() {
          let index = old.position(of: edit.removed.lowerBound)
          delete(at: index, count: old.position(of: edit.removed.upperBound) - index)
          insert(new, edit.inserted, at: index)
        }
        // Deletions take formats with them, so that what has to change is seen only now.
        format(from: RichTokens(self.delta, &numbers), to: new)
      }
    }

    private func insert(_ tokens: RichTokens, _ range: Range<Int>, at index: Int) {
      var index = index
      for piece in tokens.pieces(range) {
        switch piece {
        case .embed(.value(let value), let attributes):
          insertEmbed(value, at: index, attributes)
          index += 1
        case .insert(let string, let attributes):
          insert(string, at: index, attributes)
          index += string.utf16.count
        default: break
        }
      }
    }

    /// Changes formats only.
    private func format(from old: RichTokens, to new: RichTokens) {
      document.transact {
        for (range, change) in old.formatChanges(to: new) {
          let start = old.position(of: range.lowerBound)
          format(at: start, count: old.position(of: range.upperBound) - start, change)
        }
      }
    }
  }

  /// A text as numbers: scalars are themselves, what is embedded comes behind them.
  private struct RichTokens {
    private static let firstEmbed: UInt32 = 0x11_0000
    /// What stands for a shared type in a text without one.
    private static let placeholder: UInt32 = 0xFFFC

    private let operations: [TextDelta.Operation]
    private(set) var tokens: [UInt32] = []
    /// The operation that each token comes from.
    private var sources: [Int] = []
    /// Where each token starts in UTF-16 units, and where the last one ends.
    private var positions = [0]

    init(_ delta: TextDelta, _ numbers: inout ValueNumbers) {
      operations = delta.operations
      for (source, operation) in operations.enumerated() {
        switch operation {
        case .insert(let string, _): for scalar in string.unicodeScalars { append(scalar.value, source) }
        case .embed(.value(let value), _):
          append(Self.firstEmbed + numbers.number(Equivalence.exact.canonical(value)), source)
        case .embed: append(Self.placeholder, source)
        case .retain, .delete: preconditionFailure("a text is made of insertions only")
        }
      }
    }

    private mutating func append(_ token: UInt32, _ source: Int) {
      tokens.append(token)
      sources.append(source)
      let isWide = (0x1_0000..<Self.firstEmbed).contains(token)
      positions.append(positions[positions.count - 1] + (isWide ? 2 : 1))
    }

    func position(of index: Int) -> Int { positions[index] }

    private func attributes(_ source: Int) -> Attributes {
      switch operations[source] {
      case .insert(_, let attributes), .embed(_, let attributes), .retain(_, let attributes): attributes
      case .delete: [:]
      }
    }

    /// Insertions of some tokens: of text, and of one embedded value each.
    func pieces(_ range: Range<Int>) -> [TextDelta.Operation] {
      var builder = TextDeltaBuilder()
      for index in range {
        let attributes = attributes(sources[index])
        if case .embed(.value(let value), _) = operations[sources[index]] {
          builder.embed(.value(value), attributes)
        } else {
          // What came from a string is a scalar.
          builder.insert(String(Unicode.Scalar(tokens[index])!), attributes)
        }
      }
      return builder.operations
    }

    /// The tokens whose formats are not those of a text of the same tokens, and what has to change.
    func formatChanges(to new: RichTokens) -> [(Range<Int>, Attributes)] {
      var changes: [(Range<Int>, Attributes)] = []
      var start = 0
      while start < tokens.count {
        let (source, newSource) = (sources[start], new.sources[start])
        var end = start + 1
        while end < tokens.count && sources[end] == source && new.sources[end] == newSource { end += 1 }
        let change = Self.change(from: attributes(source), to: new.attributes(newSource))
        if let last = changes.last, last.0.upperBound == start, last.1 == change {
          changes[changes.count - 1].0 = last.0.lowerBound..<end
        } else if !change.isEmpty {
          changes.append((start..<end, change))
        }
        start = end
      }
      return changes
    }

    private static func change(from old: Attributes, to new: Attributes) -> Attributes {
      var change = Attributes()
      for member in old.members where new[member.name] == nil { change[member.name] = .some(.null) }
      for member in new.members {
        let before = old[member.name] ?? .null
        if !Equivalence.exact.areEquivalent(before, member.value) { change[member.name] = member.value }
      }
      return change
    }
  }
#endif
