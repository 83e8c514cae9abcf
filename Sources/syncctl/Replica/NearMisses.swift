/// Names that somebody who typed another one may have meant.
struct NearMisses {
  /// The closest names, the best first; at most three.
  let names: [String]

  /// The names of `candidates` that are a few edits away from `name` or start with it.
  ///
  /// - Complexity: O(*n* · *m*²) for *n* candidates of *m* characters.
  init(of name: String, among candidates: [String]) {
    let typed = Array(name.lowercased().unicodeScalars)
    let distanceMax = max(1, typed.count / 3)
    names =
      candidates
      .map { candidate -> (name: String, distance: Int) in
        let other = Array(candidate.lowercased().unicodeScalars)
        let isLonger = other.starts(with: typed)
        return (candidate, isLonger ? 1 : NearMisses.distance(typed, other))
      }
      .filter { $0.distance <= distanceMax }
      .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
      .prefix(3)
      .map(\.name)
  }

  /// Whether one of the names was meant, or else some other advice.
  func question(or advice: String) -> String {
    let names = names.map { "`\(Output.printable($0))`" }
    return names.isEmpty ? advice : "did you mean \(names.joined(separator: " or "))?"
  }

  /// How many insertions, deletions, replacements and exchanges of neighbours lead from one text to the other, when none is
  /// changed twice (optimal string alignment).
  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var (before, last) = ([Int](), Array(0...right.count))
    for (i, scalar) in left.enumerated() {
      var row = [i + 1]
      for (j, other) in right.enumerated() {
        var distance = min(last[j] + (scalar == other ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, scalar == right[j - 1], left[i - 1] == other { distance = min(distance, before[j - 1] + 1) }
        row.append(distance)
      }
      (before, last) = (last, row)
    }
    return last[right.count]
  }
}
