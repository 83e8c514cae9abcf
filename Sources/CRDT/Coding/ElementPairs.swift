#if !hasFeature(Embedded)
  /// Which shared types among elements that would go are changed instead, to become elements that would come.
  ///
  /// Of the assignments that keep the order, the one with the most in common is chosen: maps and objects with the same
  /// member `id` belong together, with different ones they never do; without, a shared type may become any value of its
  /// kind.
  struct ElementPairs {
    /// Indices of old and new elements, ascending.
    private(set) var pairs: [(old: Int, new: Int)] = []

    /// Assignments that are compared; beyond, elements are paired in their order.
    private static let comparisonsMax = 1 << 14

    init(_ contents: [Content], _ elements: [Value], _ edit: ListDifference.Edit, _ equivalence: Equivalence) {
      guard !edit.removed.isEmpty, !edit.inserted.isEmpty else { return }
      let old = edit.removed.map { Candidate(contents[$0], equivalence) }
      let new = edit.inserted.map { Candidate(elements[$0], equivalence) }
      guard old.contains(where: { $0.kind != .plain }) else { return }
      let found =
        old.count <= Self.comparisonsMax / new.count ? Self.assign(old, new) : Self.assignInOrder(old, new)
      pairs = found.map { (edit.removed.lowerBound + $0.0, edit.inserted.lowerBound + $0.1) }
    }

    private struct Candidate {
      enum Kind { case text, array, map, plain }
      let kind: Kind
      var identity: Value?

      init(_ content: Content, _ equivalence: Equivalence) {
        switch content {
        case .text: kind = .text
        case .array: kind = .array
        case .map(let map):
          kind = .map
          identity = (map["id"] as Content?).map { equivalence.canonical($0.plainValue) }
        default: kind = .plain
        }
      }

      init(_ value: Value, _ equivalence: Equivalence) {
        switch value {
        case .string: kind = .text
        case .array: kind = .array
        case .object(let members):
          kind = .map
          let member = members.last { $0.name.utf8.elementsEqual("id".utf8) }
          identity = member.map { equivalence.canonical($0.value) }
        default: kind = .plain
        }
      }

      /// How much speaks for making one of the other; 0 forbids it.
      func score(_ other: Candidate) -> Int32 {
        guard kind == other.kind, kind != .plain else { return 0 }
        guard let identity, let theirs = other.identity else { return identity == nil && other.identity == nil ? 2 : 1 }
        return identity == theirs ? 1000 : 0
      }
    }

    /// The assignment with the largest score, by the scores of all pairs of list ends.
    private static func assign(_ old: [Candidate], _ new: [Candidate]) -> [(Int, Int)] {
      let width = new.count + 1
      var best = [Int32](repeating: 0, count: (old.count + 1) * width)
      for i in old.indices.reversed() {
        for j in new.indices.reversed() {
          let score = old[i].score(new[j])
          let paired = score > 0 ? score + best[(i + 1) * width + j + 1] : 0
          best[i * width + j] = max(paired, best[(i + 1) * width + j], best[i * width + j + 1])
        }
      }
      var pairs: [(Int, Int)] = []
      var (i, j) = (0, 0)
      while i < old.count && j < new.count {
        let score = old[i].score(new[j])
        if score > 0 && best[i * width + j] == score + best[(i + 1) * width + j + 1] {
          pairs.append((i, j))
          (i, j) = (i + 1, j + 1)
        } else if best[i * width + j] == best[(i + 1) * width + j] {
          i += 1
        } else {
          j += 1
        }
      }
      return pairs
    }

    private static func assignInOrder(_ old: [Candidate], _ new: [Candidate]) -> [(Int, Int)] {
      var pairs: [(Int, Int)] = []
      var next = 0
      for (i, candidate) in old.enumerated() where next < new.count {
        // An element that fits nothing is passed over, and not waited for.
        guard let j = (next..<min(next + 64, new.count)).first(where: { candidate.score(new[$0]) > 0 }) else {
          continue
        }
        pairs.append((i, j))
        next = j + 1
      }
      return pairs
    }
  }
#endif
