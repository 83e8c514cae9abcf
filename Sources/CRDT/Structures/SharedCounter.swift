/// A number that several replicas add to at once, and no addition is lost.
///
/// ```swift
/// let visits = SharedCounter(document.map("visits"))
/// visits.add(1)
/// print(visits.value)
/// ```
/// A plain map to others: each client has an entry of its own, named by its identifier in decimal, and the value is the
/// sum of all. <doc:Structures> has the convention. Entries that are not whole numbers from −(2^53 − 1) to 2^53 − 1 count as
/// 0, so that nothing a peer writes makes a replica fail. Fractions are among them: the sum of doubles depends on the
/// order of addition, and replicas would differ.
///
/// A document takes a fresh client identifier in each session, so the map grows by an entry for each session that counts,
/// never by one for each addition. Two documents that write under one identifier at the same time lose additions, as they
/// lose all else; when a ``Document`` finds that out and changes its identifier, what its old entry holds keeps counting.
/// There is no reset: what is concurrent with it could not be told from what came before. Begin another map instead.
///
/// A handle to a place in a document, like ``SharedMap``: copies mean the same counter.
public struct SharedCounter: Equatable {
  /// Where the entries are. Observe it to learn of changes.
  public let map: SharedMap

  /// The counter whose entries are in `map`.
  public init(_ map: SharedMap) { self.map = map }

  /// The sum of all entries; the nearest 64-bit integer if it is beyond those.
  ///
  /// JavaScript adds in doubles, and so agrees while sums stay below 2^53.
  ///
  /// - Complexity: O(*n*) in the clients that have counted.
  public var value: Int64 {
    var positive = WideSum()
    var negative = WideSum()
    for (_, content) in map.entries {
      guard let amount = content.value?.safeInteger else { continue }
      if amount < 0 { negative.add(amount.magnitude) } else { positive.add(amount.magnitude) }
    }
    return positive.minus(negative)
  }

  /// Adds `amount`, which may be negative, to this client's entry.
  ///
  /// - Returns: False, and nothing is added, when the entry would go beyond ±(2^53 − 1).
  /// - Complexity: O(1).
  @discardableResult
  public func add(_ amount: Int64) -> Bool {
    let key = map.document.clientID.description
    let (sum, overflows) = (map[key]?.value?.safeInteger ?? 0).addingReportingOverflow(amount)
    guard !overflows, sum.magnitude <= Value.safeIntegerMax.magnitude else { return false }
    if amount != 0 { map.set(Value(sum), forKey: key) }
    return true
  }
}

/// A sum of amounts below 2^53 that no number of map entries can overflow.
private struct WideSum {
  private var high: UInt64 = 0
  private var low: UInt64 = 0

  mutating func add(_ amount: UInt64) {
    let (sum, overflows) = low.addingReportingOverflow(amount)
    low = sum
    if overflows { high += 1 }
  }

  /// The difference, or the nearest integer to it that has 64 bits.
  func minus(_ other: WideSum) -> Int64 {
    let (low, borrows) = low.subtractingReportingOverflow(other.low)
    let high = Int64(high) - Int64(other.high) - (borrows ? 1 : 0)
    switch high {
    case 0: return Int64(exactly: low) ?? .max
    case -1: return low >= 1 << 63 ? Int64(bitPattern: low) : .min
    default: return high < 0 ? .min : .max
    }
  }
}
