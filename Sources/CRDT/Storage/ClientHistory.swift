/// All that one client wrote, in the order of its clocks.
///
/// ```
/// clock   0                                        next
/// runs    [run 0 | run 1          | run 2 ...        ]   origins, kind, sequence
/// pages   [page 0         | page 1         | ...     ]   tombstone bits, clock → leaf, text
/// cells   [c0 c1 c2 ...]                                 content that is not text, found through the run
/// ```
/// Everything is only ever appended, so a clock is an address.
struct ClientHistory: ~Copyable {
  /// The client's identifier.
  let client: UInt64
  /// The clock of the client's next unit: units below are known.
  private(set) var next: UInt32 = 0
  var runs = GrowableBuffer<Run>(capacity: 2)
  var cells = GrowableBuffer<Cell>()
  var pages = GrowableBuffer<Page>(capacity: 1)
  /// Units that the last page has memory for; all pages before it are full.
  var tailCapacity = 0
  var leafTables = LeafTables()
  /// What undoing brought back.
  var redone = RedoneTable()
  /// Whether any unit was ever kept for an undo, or brought back by one; most histories have none.
  var hasUndoMarks = false
  /// Whether all that the client ever wrote is text, so that nobody needs to look up what a unit is.
  private(set) var isTextOnly = true

  /// The transaction that last wrote units of this client, and the clock before it did.
  var touchedIn: UInt64 = 0
  var clockBefore: UInt32 = 0

  init(client: UInt64) { self.client = client }

  deinit {
    for index in 0..<runs.count where runs[index].kind.hasCell && runs[index].kind != .type {
      let first = Int(runs[index].cell)
      for cell in first..<(first + Int(endOfRun(index) - runs[index].clock)) { cells[cell].free() }
    }
    for index in 0..<pages.count { pages[index].free() }
  }

  // MARK: Runs

  /// The number of the run that holds `clock`.
  ///
  /// - Complexity: O(log *n*) for *n* runs.
  @inline(__always)
  func runIndex(of clock: UInt32) -> Int {
    let last = runs.count &- 1
    if runs[last].clock <= clock { return last }
    var low = 0
    var high = last
    while high &- low > 1 {
      let middle = (low &+ high) >> 1
      if runs[middle].clock <= clock { low = middle } else { high = middle }
    }
    return low
  }

  @inline(__always)
  func run(of clock: UInt32) -> Run { runs[runIndex(of: clock)] }

  /// The clock after a run's last unit.
  @inline(__always)
  func endOfRun(_ index: Int) -> UInt32 { index &+ 1 < runs.count ? runs[index &+ 1].clock : next }

  /// Notes how the units from `clock` on came to be: they prolong the last run where they continue it.
  @inline(__always)
  mutating func appendRun(_ run: Run, client index: ClientIndex) {
    if runs.count > 0 && run.origin.client == index && run.origin.clock &+ 1 == run.clock {
      let last = runs[runs.count &- 1]
      if last.rightOrigin == run.rightOrigin && last.kind == run.kind { return }
    }
    if run.kind != .string { isTextOnly = false }
    runs.append(run)
  }

  /// Notes units of which only the clocks are left.
  mutating func appendCollectedRun(at clock: UInt32) {
    if runs.count > 0 && runs[runs.count - 1].kind == .collected { return }
    isTextOnly = false
    runs.append(
      Run(clock: clock, origin: .none, rightOrigin: .none, sequence: -1, cell: 0, kind: .collected))
  }

  /// Counts `count` units whose storage ``extend(by:isDeleted:)`` made.
  @inline(__always)
  mutating func advance(by count: UInt32) { next = next &+ count }

  /// Units of text that is held, and cells.
  ///
  /// - Complexity: O(*n*) for *n* pages.
  var contentCount: Int {
    var count = cells.count
    for page in 0..<pages.count { count += Int(pages[page].liveText) }
    return count
  }

  // MARK: Cells

  /// The cell of the unit at `clock`, in the run `run`.
  @inline(__always)
  func cell(of clock: UInt32, in run: Run) -> Cell { cells[Int(run.cell &+ (clock &- run.clock))] }

  func cell(of clock: UInt32) -> Cell { cell(of: clock, in: run(of: clock)) }

  /// Gives back the content of the units in `clocks`, all of the run `run`.
  func freeCells(_ clocks: Range<UInt32>, in run: Run) {
    guard run.kind.hasCell && run.kind != .type else { return }
    for clock in clocks {
      let index = Int(run.cell &+ (clock &- run.clock))
      cells[index].free()
      cells[index] = .empty
    }
  }
}
