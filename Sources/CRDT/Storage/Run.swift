/// A replica's own number for a client: an index into the table of histories.
typealias ClientIndex = UInt32

/// A unit by the replica's own number of its client.
struct UnitID: Hashable {
  var client: ClientIndex
  var clock: UInt32

  /// Stands for "no unit".
  static var none: UnitID { UnitID(client: .max, clock: .max) }

  var isNone: Bool { @inline(__always) get { client == .max } }
}

/// What a unit holds; the raw value is Yjs' content reference.
enum ContentKind: UInt8 {
  /// Nothing: the type that held it is gone, only the clock is kept.
  case collected = 0
  /// Nothing: it came as a tombstone.
  case deleted = 1
  /// A value as JSON text, from Yjs before version 13.
  case json = 2
  /// Bytes.
  case binary = 3
  /// A UTF-16 code unit of text.
  case string = 4
  /// A value inside text, as JSON text.
  case embed = 5
  /// A formatting mark inside text: not counted, but not deleted either.
  case format = 6
  /// A nested type.
  case type = 7
  /// A plain value.
  case any = 8
  /// A subdocument.
  case document = 9

  /// Whether neighbours of this kind share one struct on the wire.
  var merges: Bool {
    @inline(__always) get {
      switch self {
      case .deleted, .json, .string, .any, .collected: true
      case .binary, .embed, .format, .type, .document: false
      }
    }
  }

  /// Whether a unit has a cell of its own in its client's history.
  var hasCell: Bool {
    @inline(__always) get {
      switch self {
      case .collected, .deleted, .string: false
      case .json, .binary, .embed, .format, .type, .any, .document: true
      }
    }
  }

  /// Whether a unit counts in the length of its sequence until it is deleted.
  var isCountable: Bool { @inline(__always) get { self != .format && self != .deleted && self != .collected } }
}

/// Consecutive units of one client that were written one after the other into one sequence.
///
/// The first unit has the origin given; each later one has the unit before it as its origin. All have the same right
/// origin. A run ends where the next one starts, and is never split: insertions between its units change where they
/// stand, not how they came to be.
struct Run {
  /// The first unit's clock.
  var clock: UInt32
  /// The unit to the left at the time of writing.
  var origin: UnitID
  /// The unit to the right at the time of writing.
  var rightOrigin: UnitID
  /// The sequence the units are in.
  var sequence: SequenceIndex
  /// The first unit's cell, where the kind has cells; the others follow.
  var cell: UInt32
  var kind: ContentKind
}
