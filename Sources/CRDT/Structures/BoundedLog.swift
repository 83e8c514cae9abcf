/// A log that replicas append to and that keeps only its newest entries: activity, chat, recent changes.
///
/// ```swift
/// let activity = BoundedLog(document.array("activity"), countMax: 500, ageMax: 7 * 86_400_000)
/// activity.append("opened", time: now)
/// for entry in activity.newestFirst { … }
/// ```
/// A plain array of plain objects to others; <doc:Structures> has the convention. What is no entry is passed over when
/// reading, takes part in the count, and goes when it is among the oldest.
///
/// Trimming deletes the oldest elements, and two replicas that do so delete the same ones. An element is deleted only when
/// `countMax` others are behind it, so merging never leaves fewer than the newest `countMax`; it can leave more, until the
/// next ``append(_:time:)`` or ``trim(now:)``. Replicas should agree on the bounds: the strictest of them rules.
///
/// Entries that a replica appends while it is offline stay together. When it reconnects they stand behind the last entry it
/// knew, before or behind what others appended meanwhile: the client identifiers decide, the same everywhere. Where they
/// come before, they may be so old by then that the next trimming takes them.
///
/// A handle to a place in a document, like ``SharedArray``: copies mean the same log.
public struct BoundedLog: Equatable {
  /// What was appended at once.
  public struct Entry: Hashable, Sendable {
    /// What was logged.
    public var value: Value
    /// When, in milliseconds since 1970, by the clock of who appended it; nil when it was not said.
    public var time: Int64?

    /// An entry of `value`.
    public init(_ value: Value, time: Int64? = nil) {
      self.value = value
      self.time = time
    }
  }

  /// Where the entries are, oldest first. Observe it to learn of changes.
  public let array: SharedArray
  /// The elements to keep, at least 1.
  public let countMax: Int
  /// How long to keep entries that say their time, in milliseconds; nil for as long as the count allows.
  public let ageMax: Int64?

  /// The log whose entries are in `array`.
  ///
  /// - Parameters:
  ///   - array: Where the entries are.
  ///   - countMax: The elements to keep.
  ///   - ageMax: How long to keep entries that say their time, in milliseconds.
  /// - Precondition: `countMax` ≥ 1, and `ageMax` is not negative.
  public init(_ array: SharedArray, countMax: Int, ageMax: Int64? = nil) {
    precondition(countMax >= 1, "a log keeps at least one entry")
    precondition((ageMax ?? 0) >= 0, "a log keeps entries for some time")
    self.array = array
    self.countMax = countMax
    self.ageMax = ageMax
  }

  // MARK: Changes

  /// Appends an entry, and deletes what is beyond the bounds at the log's old end.
  ///
  /// By age it deletes from the old end up to the first entry that is young enough or does not say its time;
  /// ``trim(now:)`` finds old ones behind it.
  ///
  /// - Parameters:
  ///   - value: What to log.
  ///   - time: The present time in milliseconds since 1970. Without it no age is known, and nothing goes by age.
  /// - Precondition: `time` is in ±(2^53 − 1).
  /// - Complexity: O(*k* log *n*) for *k* deleted elements.
  public func append(_ value: Value, time: Int64? = nil) {
    append(contentsOf: [Entry(value, time: time)])
  }

  /// Appends entries in one transaction, and deletes what is beyond the bounds as ``append(_:time:)`` does, at the time of
  /// the last entry.
  ///
  /// - Precondition: Times are in ±(2^53 − 1).
  /// - Complexity: O(*m* + *k* log *n*) for *m* entries and *k* deleted elements.
  public func append(contentsOf entries: [Entry]) {
    guard let last = entries.last else { return }
    array.document.transact {
      array.append(contentsOf: entries.map { $0.encoded })
      var surplus = max(0, array.count - countMax)
      if let cutoff = last.time.flatMap(cutoff(now:)) {
        while surplus < array.count, let time = entry(at: surplus)?.time, time < cutoff { surplus += 1 }
      }
      if surplus > 0 { array.delete(at: 0, count: surplus) }
    }
  }

  /// Deletes all that is beyond the bounds, wherever it stands. Doing it twice, or on two replicas, is doing it once.
  ///
  /// - Parameter now: The present time in milliseconds since 1970. Entries whose time is before `now` − ``ageMax`` go.
  /// - Complexity: O(*n* + *k* log *n*) for *n* elements and *k* deleted ones.
  public func trim(now: Int64) {
    array.document.transact {
      let surplus = max(0, array.count - countMax)
      if surplus > 0 { array.delete(at: 0, count: surplus) }
      guard let cutoff = cutoff(now: now) else { return }
      let elements = array.values
      for index in elements.indices.reversed() {
        if let time = Entry(elements[index])?.time, time < cutoff { array.delete(at: index) }
      }
    }
  }

  private func cutoff(now: Int64) -> Int64? {
    guard let ageMax else { return nil }
    let (cutoff, overflows) = now.subtractingReportingOverflow(ageMax)
    return overflows ? .min : cutoff
  }

  // MARK: Reading

  /// All entries, oldest first.
  ///
  /// - Complexity: O(*n*).
  public var entries: [Entry] { array.values.compactMap(Entry.init) }

  /// The entries from the oldest on, read as they are asked for.
  public var oldestFirst: Entries { Entries(log: self, isReversed: false) }

  /// The entries from the newest on, read as they are asked for.
  public var newestFirst: Entries { Entries(log: self, isReversed: true) }

  /// The entry that an element is, nil when it is none or there is no such element.
  fileprivate func entry(at index: Int) -> Entry? {
    guard index >= 0 && index < array.count else { return nil }
    return Entry(array[index])
  }

  /// The entries of a log, one after the other.
  ///
  /// Reading one takes O(log *n*). A log that changes meanwhile does no harm, but entries may be left out or come twice.
  public struct Entries: Sequence {
    let log: BoundedLog
    let isReversed: Bool

    /// Starts at the end that the sequence was made for.
    public func makeIterator() -> Iterator {
      Iterator(log: log, isReversed: isReversed, index: isReversed ? log.array.count - 1 : 0)
    }

    /// Steps from entry to entry.
    public struct Iterator: IteratorProtocol {
      let log: BoundedLog
      let isReversed: Bool
      var index: Int

      /// The next entry; nil when there is none.
      public mutating func next() -> Entry? {
        if isReversed && index >= log.array.count { index = log.array.count - 1 }
        while index >= 0 && index < log.array.count {
          let entry = log.entry(at: index)
          index += isReversed ? -1 : 1
          if let entry { return entry }
        }
        return nil
      }
    }
  }
}

extension BoundedLog.Entry {
  /// The entry that an array's element is: an object with a member `value`.
  fileprivate init?(_ content: Content) {
    guard case .value(let object) = content, case .object(let members) = object,
      members.contains(where: { $0.name.utf8.elementsEqual("value".utf8) })
    else { return nil }
    self.init(object["value"], time: object["time"].safeInteger)
  }

  fileprivate var encoded: Value {
    guard let time else { return .object([Value.Member("value", value)]) }
    precondition(time.magnitude <= Value.safeIntegerMax.magnitude, "a time is at most 2^53 − 1 milliseconds from 1970")
    return .object([Value.Member("time", Value(time)), Value.Member("value", value)])
  }
}
