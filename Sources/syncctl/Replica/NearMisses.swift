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

  /// How many insertions, deletions and replacements lead from one text to the other (Levenshtein).
  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var row = Array(0...right.count)
    for (i, scalar) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = diagonal + (scalar == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
