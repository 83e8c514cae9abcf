/// Who wrote something, as far as the node that stored it knows.
public struct Author: Hashable, Codable, Sendable {
  /// Whom the writer's grant was for; nil when it is not known: nobody had to say who they are, or another node passed it
  /// on.
  public let subject: String?
  /// Where it came from: an address without its port, a node's, `local` for the process of the node, or `command line`.
  public let source: String

  /// The author `subject` at `source`.
  public init(subject: String?, source: String) {
    self.subject = subject
    self.source = source
  }

  /// Who writes a store at rest by a command.
  public static let commandLine = Author(subject: nil, source: "command line")

  /// What a node had of a document before it kept a history.
  public static let unknown = Author(subject: nil, source: "unknown")

  /// The author of an update, of all connections from the same address.
  init(_ record: (subject: String?, source: String)) {
    self.init(subject: record.subject, source: Author.host(of: record.source))
  }

  /// An address without its port.
  private static func host(of address: String) -> String {
    if address.hasPrefix("["), let end = address.firstIndex(of: "]") {
      return String(address[address.index(after: address.startIndex)..<end])
    }
    // An IPv6 address without brackets has no port, and neither has an address of a node.
    let parts = address.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 2 && UInt16(parts[1]) != nil ? String(parts[0]) : address
  }
}

/// What one author wrote to a room within a moment: at most a minute without a longer pause.
///
/// A history is all entries of a room, by ``moment``. Several authors who write at the same time have an entry each, of the
/// same moment; they may build on one another, and make sense together only.
public struct HistoryEntry: Equatable, Sendable {
  /// The updates of this author and of others that were stored within the moment, counted from the room's first, 1.
  public let moment: ClosedRange<Int64>
  /// How many of them are this author's.
  public let updates: Int
  /// Who wrote them.
  public let author: Author
  /// When the author's first and last were stored, in milliseconds since 1970.
  public let milliseconds: ClosedRange<Int64>
  /// All that the author wrote in this moment, as one update in format V1: what was deleted later is there, too.
  public let update: [UInt8]

  /// An entry that was read elsewhere.
  public init(
    moment: ClosedRange<Int64>, updates: Int, author: Author, milliseconds: ClosedRange<Int64>, update: [UInt8]
  ) {
    self.moment = moment
    self.updates = updates
    self.author = author
    self.milliseconds = milliseconds
    self.update = update
  }
}

/// Splits a log into moments, and those by author.
struct HistoryMoments {
  /// An update in the log, without its bytes.
  struct Row {
    let sequence: Int64
    let author: Author
    /// When it was stored, in milliseconds since 1970.
    let time: Int64
  }

  /// The updates of one author in a moment.
  struct Part {
    let author: Author
    var sequences: [Int64]
    var times: ClosedRange<Int64>
  }

  /// Updates that were stored one after the other.
  struct Moment {
    var sequences: ClosedRange<Int64>
    fileprivate var times: ClosedRange<Int64>
    /// By author, in the order in which they began.
    var parts: [Part]
  }

  /// Milliseconds that a moment lasts at most, and for which nobody writes in it at most.
  private static let durationMax: Int64 = 60_000
  private static let pauseMax: Int64 = 10_000

  /// The moments of consecutive updates, the first ones first.
  private(set) var moments: [Moment] = []

  init() {}

  /// Adds the update after the last one.
  mutating func append(_ row: Row) {
    guard let last = moments.indices.last, moments[last].takes(row.time) else {
      let part = Part(author: row.author, sequences: [row.sequence], times: row.time...row.time)
      moments.append(Moment(sequences: row.sequence...row.sequence, times: row.time...row.time, parts: [part]))
      return
    }
    moments[last].append(row)
  }
}

extension HistoryMoments.Moment {
  /// Whether an update that was stored at `time` belongs to it. A clock may have been set back.
  fileprivate func takes(_ time: Int64) -> Bool {
    let (pause, isLong) = time.subtractingReportingOverflow(times.upperBound)
    let (duration, isLonger) = time.subtractingReportingOverflow(times.lowerBound)
    return !isLong && !isLonger && pause <= HistoryMoments.pauseMax && duration <= HistoryMoments.durationMax
      && duration >= -HistoryMoments.durationMax
  }

  fileprivate mutating func append(_ row: HistoryMoments.Row) {
    sequences = sequences.lowerBound...row.sequence
    times = times.including(row.time)
    guard let index = parts.firstIndex(where: { $0.author == row.author }) else {
      parts.append(.init(author: row.author, sequences: [row.sequence], times: row.time...row.time))
      return
    }
    parts[index].sequences.append(row.sequence)
    parts[index].times = parts[index].times.including(row.time)
  }
}

extension ClosedRange<Int64> {
  fileprivate func including(_ value: Int64) -> Self { Swift.min(lowerBound, value)...Swift.max(upperBound, value) }
}
