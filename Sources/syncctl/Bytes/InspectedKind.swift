import ArgumentParser
import CRDT
import SyncNode

/// What `inspect` explains, by its name on the command line; in the order in which it is guessed.
enum InspectedKind: String, CaseIterable, ExpressibleByArgument {
  case update
  case updateV2 = "update-v2"
  case message
  case multiplexed
  case stateVector = "state-vector"
  case awareness
  case snapshot
  case snapshotV2 = "snapshot-v2"
  case relativePosition = "relative-position"
  case capture

  /// All but a capture, which is text.
  static let ofBytes = allCases.filter { $0 != .capture }

  /// Whether damaged bytes are told from others: most numbers make some state vector or snapshot.
  var isRecognisable: Bool {
    switch self {
    case .update, .updateV2, .message, .multiplexed, .awareness: true
    case .stateVector, .snapshot, .snapshotV2, .relativePosition, .capture: false
    }
  }

  var hasStructs: Bool { self == .update || self == .updateV2 }
  var hasDeletions: Bool { hasStructs || self == .snapshot || self == .snapshotV2 }

  func explain(_ bytes: [UInt8], _ visit: (Explanation.Part) -> Void) throws(Explanation.Damage) {
    switch self {
    case .multiplexed: try Explanation.explainMultiplexed(bytes, visit)
    case .capture: preconditionFailure("a capture is explained frame by frame")
    default: try Explanation.explain(bytes, as: Explanation.Kind(rawValue: rawValue)!, visit)
    }
  }
}

/// What is in bytes, in numbers.
struct Tally {
  private(set) var parts = 0
  private(set) var structs = 0
  /// Ranges of delete sets, and the units in them.
  private(set) var deletions = 0
  private(set) var deletedUnits: UInt64 = 0
  private(set) var messages = 0
  private var clientIDs: Set<ClientID> = []
  /// Up to where the bytes make sense.
  private(set) var reach = 0
  private(set) var damage: Explanation.Damage?

  var clients: Int { clientIDs.count }

  /// Counts what `bytes` are as `kind`.
  init(_ bytes: [UInt8], as kind: InspectedKind) {
    do throws(Explanation.Damage) {
      try kind.explain(bytes) { part in add(part) }
    } catch {
      damage = error
      // Without structs, most numbers make some delete set, here and below.
      if kind != .update || structs > 0 { reach = max(reach, error.error.byteOffset) }
    }
  }

  private mutating func add(_ part: Explanation.Part) {
    parts += 1
    switch part.content {
    // Their bytes are the columns' or their content's, which is not read yet.
    case .column: return
    case .message:
      messages += 1
      return
    case .list(let list, _): if list == .deleteSet && structs == 0 { return }
    case .deletions(let client, _):
      clientIDs.insert(client)
      if structs == 0 { return }
    case .section(let client, _, _), .clock(let client, _): clientIDs.insert(client)
    case .state(let entry): clientIDs.insert(entry.client)
    case .structure: structs += 1
    case .deletion(_, let clocks):
      deletions += 1
      deletedUnits += clocks.upperBound - clocks.lowerBound
      return
    case .position: break
    }
    reach = max(reach, part.bytes?.upperBound ?? 0)
  }
}

/// What bytes are taken for.
struct Guess {
  let kind: InspectedKind
  let encoding: ByteEncoding
  let bytes: [UInt8]
  let tally: Tally
  /// What else they could be, when they can be read to the end.
  var others: [InspectedKind] = []

  /// Takes the first kind that can be read to the end; when there is none, the likeliest encoding and the recognisable kind
  /// that can be read furthest.
  ///
  /// - Parameters:
  ///   - candidates: What the bytes may be, the likeliest first.
  ///   - kinds: What they may say, in the order in which it is tried.
  /// - Returns: Nil when there are no candidates.
  init?(_ candidates: [(encoding: ByteEncoding, bytes: [UInt8])], among kinds: [InspectedKind]) {
    var furthest: Guess?
    for candidate in candidates {
      var whole: Guess?
      for kind in kinds {
        let tally = Tally(candidate.bytes, as: kind)
        if tally.damage == nil, whole != nil {
          whole?.others.append(kind)
          continue
        }
        let guess = Guess(kind: kind, encoding: candidate.encoding, bytes: candidate.bytes, tally: tally)
        if tally.damage == nil { whole = guess }
        guard let known = furthest else {
          furthest = guess
          continue
        }
        if known.encoding == guess.encoding, kind.isRecognisable, tally.reach > known.tally.reach { furthest = guess }
      }
      if let whole {
        self = whole
        return
      }
    }
    guard let furthest else { return nil }
    self = furthest
  }

  private init(kind: InspectedKind, encoding: ByteEncoding, bytes: [UInt8], tally: Tally) {
    self.kind = kind
    self.encoding = encoding
    self.bytes = bytes
    self.tally = tally
  }
}
