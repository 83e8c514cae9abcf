import CRDT

extension Program {
  /// A program with as few steps as can be dropped one chunk at a time while it still fails, and its failure.
  ///
  /// Tries at most `runs` programs.
  func minimized(on drivers: Drivers, failure: ProgramFailure, runs: Int = 400) -> (Program, ProgramFailure) {
    var smallest = self
    var failure = failure
    var runsLeft = runs
    smallest.steps.removeSubrange(min(failure.step + 1, steps.count)...)
    var chunk = max(smallest.steps.count / 2, 1)
    while chunk >= 1, runsLeft > 0 {
      var start = 0
      while start < smallest.steps.count, runsLeft > 0 {
        var candidate = smallest
        candidate.steps.removeSubrange(start..<min(start + chunk, candidate.steps.count))
        runsLeft -= 1
        if let found = candidate.failure(on: drivers) {
          (smallest, failure) = (candidate, found)
        } else {
          start += chunk
        }
      }
      chunk /= 2
    }
    return (smallest, failure)
  }

  func failure(on drivers: Drivers) -> ProgramFailure? {
    do {
      try ProgramRun.run(self, on: drivers)
      return nil
    } catch {
      return error as? ProgramFailure
    }
  }

  /// The replicas and the steps, one a line.
  var listing: String {
    let names = ["ours", "Yjs", usesYrs ? "yrs" : "Yjs"]
    let replicas = zip(names, clients).map { "\($0) \($1)" }.joined(separator: ", ")
    return (["replicas: \(replicas)"] + steps.map { "  \($0)" }).joined(separator: "\n")
  }
}
