/// Units of any clients: what was deleted, or what somebody wrote.
///
/// For each client it holds sorted ranges of clocks that neither overlap nor touch, so two sets of the same units are
/// equal however they came to be.
public struct IDSet: Equatable, Sendable {
  private var rangesByClient: [ClientID: [Range<Clock>]] = [:]

  /// The empty set.
  public init() {}

  /// Whether the set has no units.
  public var isEmpty: Bool { rangesByClient.isEmpty }

  /// The number of units.
  ///
  /// - Complexity: O(*n*) in the ranges.
  public var count: UInt64 { reduce(0) { $0 + ($1.clocks.upperBound - $1.clocks.lowerBound) } }

  /// The clients of which the set has units, the largest first, which is the order of the wire.
  public var clients: [ClientID] { rangesByClient.keys.sorted(by: >) }

  /// A client's units as ranges of clocks, in ascending order.
  public func ranges(of client: ClientID) -> [Range<Clock>] { rangesByClient[client] ?? [] }

  /// Whether the set has the unit.
  ///
  /// - Complexity: O(log *n*) in the client's ranges.
  public func contains(_ id: ItemID) -> Bool {
    SortedRanges.contains(ranges(of: id.client), id.clock)
  }

  // MARK: Changes

  /// Adds a unit.
  ///
  /// - Complexity: As ``insert(_:of:)``.
  public mutating func insert(_ id: ItemID) { insert(id.clock..<(id.clock + 1), of: id.client) }

  /// Adds the units `clocks` of `client`.
  ///
  /// - Complexity: O(1) behind the client's last range, else O(*n*) in its ranges.
  public mutating func insert(_ clocks: Range<Clock>, of client: ClientID) {
    if clocks.isEmpty { return }
    SortedRanges.insert(clocks, into: &rangesByClient[client, default: []])
  }

  /// Takes out the units `clocks` of `client`.
  ///
  /// - Complexity: O(*n*) in the client's ranges.
  public mutating func remove(_ clocks: Range<Clock>, of client: ClientID) {
    guard let ranges = rangesByClient[client] else { return }
    set(Self.subtract([clocks], from: ranges), of: client)
  }

  private mutating func set(_ ranges: [Range<Clock>], of client: ClientID) {
    rangesByClient[client] = ranges.isEmpty ? nil : ranges
  }
}

// MARK: Set algebra

extension IDSet {
  /// Adds all units of `other`.
  ///
  /// - Complexity: O(*n* + *m*) in the ranges of both.
  public mutating func formUnion(_ other: IDSet) {
    for (client, added) in other.rangesByClient {
      guard let ranges = rangesByClient.removeValue(forKey: client) else {
        rangesByClient[client] = added
        continue
      }
      rangesByClient[client] = Self.unite(ranges, added)
    }
  }

  /// The units that are in this set or in `other`.
  ///
  /// - Complexity: O(*n* + *m*) in the ranges of both.
  public func union(_ other: IDSet) -> IDSet {
    var result = self
    result.formUnion(other)
    return result
  }

  /// Takes out all units of `other`.
  ///
  /// - Complexity: O(*n* + *m*) in the ranges of the clients that are in both, and in this set's clients.
  public mutating func subtract(_ other: IDSet) {
    for client in Array(rangesByClient.keys) {
      guard let removed = other.rangesByClient[client], let ranges = rangesByClient[client] else { continue }
      set(Self.subtract(removed, from: ranges), of: client)
    }
  }

  /// The units that are in this set but not in `other`.
  ///
  /// - Complexity: O(*n* + *m*) in the ranges of both.
  public func subtracting(_ other: IDSet) -> IDSet {
    var result = self
    result.subtract(other)
    return result
  }

  /// The units that are in this set and in `other`.
  ///
  /// - Complexity: O(*n* + *m*) in the ranges of both.
  public func intersection(_ other: IDSet) -> IDSet {
    var result = IDSet()
    for (client, ranges) in rangesByClient {
      if let others = other.rangesByClient[client] { result.set(Self.intersect(ranges, others), of: client) }
    }
    return result
  }

  /// Whether all units of this set are in `other`.
  ///
  /// - Complexity: O(*n* + *m*) in the ranges of both.
  public func isSubset(of other: IDSet) -> Bool { subtracting(other).isEmpty }

  /// Takes out the units of all clients at and after their clocks in `vector`.
  ///
  /// - Complexity: O(*n*) in the ranges.
  mutating func clamp(to vector: StateVector) {
    for client in Array(rangesByClient.keys) { remove(vector[client]..<Clock.max, of: client) }
  }

  private static func unite(_ left: [Range<Clock>], _ right: [Range<Clock>]) -> [Range<Clock>] {
    var result: [Range<Clock>] = []
    result.reserveCapacity(left.count + right.count)
    var (leftIndex, rightIndex) = (0, 0)
    while leftIndex < left.count || rightIndex < right.count {
      let takesLeft =
        rightIndex == right.count
        || (leftIndex < left.count && left[leftIndex].lowerBound <= right[rightIndex].lowerBound)
      SortedRanges.insert(takesLeft ? left[leftIndex] : right[rightIndex], into: &result)
      if takesLeft { leftIndex += 1 } else { rightIndex += 1 }
    }
    return result
  }

  private static func subtract(_ removed: [Range<Clock>], from ranges: [Range<Clock>]) -> [Range<Clock>] {
    var result: [Range<Clock>] = []
    var index = 0
    for range in ranges {
      var start = range.lowerBound
      while index < removed.count && removed[index].upperBound <= start { index += 1 }
      var next = index
      while next < removed.count && removed[next].lowerBound < range.upperBound {
        if removed[next].lowerBound > start { result.append(start..<removed[next].lowerBound) }
        start = Swift.max(start, removed[next].upperBound)
        next += 1
      }
      // The last one taken out may reach into the next range.
      index = Swift.max(index, next - 1)
      if start < range.upperBound { result.append(start..<range.upperBound) }
    }
    return result
  }

  private static func intersect(_ left: [Range<Clock>], _ right: [Range<Clock>]) -> [Range<Clock>] {
    var result: [Range<Clock>] = []
    var (leftIndex, rightIndex) = (0, 0)
    while leftIndex < left.count && rightIndex < right.count {
      let common = left[leftIndex].clamped(to: right[rightIndex])
      if !common.isEmpty { result.append(common) }
      if left[leftIndex].upperBound < right[rightIndex].upperBound { leftIndex += 1 } else { rightIndex += 1 }
    }
    return result
  }
}

// MARK: Iteration

extension IDSet: Sequence {
  /// Goes through a set's ranges.
  public struct Iterator: IteratorProtocol {
    private let set: IDSet
    private let clients: [ClientID]
    private var client = 0
    private var range = 0

    init(_ set: IDSet) {
      self.set = set
      clients = set.clients
    }

    /// The next range, or nil after the last one.
    public mutating func next() -> (client: ClientID, clocks: Range<Clock>)? {
      while client < clients.count {
        let ranges = set.ranges(of: clients[client])
        if range < ranges.count {
          defer { range += 1 }
          return (clients[client], ranges[range])
        }
        client += 1
        range = 0
      }
      return nil
    }
  }

  /// All ranges: the largest client first, each client's in ascending order.
  public func makeIterator() -> Iterator { Iterator(self) }
}

// MARK: Coding

extension IDSet {
  /// The largest clock on the wire.
  private static var clockMax: Clock { (1 << 53) - 1 }

  /// Reads a delete set in format V1.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `trailingBytes`.
  public init(decoding bytes: [UInt8]) throws(UpdateError) {
    self = try bytes.span.bytes.withUnsafeBytes { bytes throws(UpdateError) in try IDSet(decoding: bytes) }
  }

  /// Reads a delete set in format V1: a count of clients, then for each its number, a count of ranges, and for each range
  /// its first clock and its length.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`, `trailingBytes`.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(UpdateError) {
    var reader = ByteReader(bytes)
    try self.init(reading: &reader)
    guard reader.isAtEnd else { throw UpdateError(.trailingBytes, at: reader.byteOffset) }
  }

  /// Reads a delete set in format V1, and leaves the reader behind it.
  ///
  /// - Throws: `truncated`, `overlongInteger`, `integerOutOfRange`.
  /// - Complexity: O(*n* log *n*) in the bytes.
  public init(reading reader: inout ByteReader) throws(UpdateError) {
    var unsorted: [ClientID: [Range<Clock>]] = [:]
    for _ in 0..<(try reader.readVarUInt()) {
      let client = ClientID(rawValue: try reader.readVarUInt())
      let field = reader.byteOffset
      let count = try reader.readVarUInt()
      // Each range takes two bytes or more, which bounds the loop below.
      guard count <= UInt64(reader.remaining / 2) else { throw UpdateError(.truncated, at: field) }
      for _ in 0..<count {
        let field = reader.byteOffset
        let clock = try reader.readVarUInt()
        let end = clock + (try reader.readVarUInt())
        guard end <= Self.clockMax else { throw UpdateError(.integerOutOfRange, at: field) }
        if end > clock { unsorted[client, default: []].append(clock..<end) }
      }
    }
    for (client, ranges) in unsorted { rangesByClient[client] = SortedRanges.join(ranges) }
  }

  /// The set's bytes in format V1, clients in descending order.
  public func encode() -> [UInt8] {
    var writer = ByteWriter()
    write(to: &writer)
    return writer.bytes()
  }

  /// Appends the set's bytes in format V1, clients in descending order.
  public func write(to writer: inout ByteWriter) {
    writer.writeVarUInt(UInt64(rangesByClient.count))
    for client in clients {
      let ranges = ranges(of: client)
      writer.writeVarUInt(client.rawValue)
      writer.writeVarUInt(UInt64(ranges.count))
      for range in ranges {
        writer.writeVarUInt(range.lowerBound)
        writer.writeVarUInt(range.upperBound - range.lowerBound)
      }
    }
  }
}

// MARK: Documents

extension Document {
  /// All units that are deleted here.
  ///
  /// - Complexity: O(*n*/64) in the document's units, and O(*k*) in the ranges found.
  public var deleteSet: IDSet { store.pointee.deleteSet }
}

extension DocumentStore {
  var deleteSet: IDSet {
    var result = IDSet()
    for client in 0..<clientCount {
      let next = clients[client].next
      let id = ClientID(rawValue: clients[client].client)
      var clock = clients[client].endOfState(false, from: 0, before: next)
      while clock < next {
        let end = clients[client].endOfState(true, from: clock, before: next)
        result.insert(Clock(clock)..<Clock(end), of: id)
        clock = end < next ? clients[client].endOfState(false, from: end, before: next) : next
      }
    }
    return result
  }
}
