import CRDT

/// Edits with a fixed seed, made by every implementation in the same way.
struct Case: Sendable {
  /// How replicas work together.
  enum Form: String, Sendable {
    /// One replica, with nobody listening.
    case alone
    /// One replica makes an update of each transaction, and another one applies it.
    case followed
    /// Two replicas with a text in common edit in one transaction each, and apply each other's update.
    case merged
    /// Many replicas make an update each; measured is how another one applies them.
    case gathered
  }

  let name: String
  let title: String
  let form: Form
  /// Edits that ``alone`` and ``followed`` put into one transaction.
  var editsPerTransaction = 1
  /// Peers that would take minutes are left out.
  var peers: [Peer] = [.yjs, .yrs]
  /// The edits of each replica.
  let makeReplicas: @Sendable () -> [[Edit]]

  /// What ``Form/merged`` replicas have in common.
  static let commonText = String(repeating: "common ", count: 14) + "ab"

  /// The case as the peers read it.
  func json(_ replicas: [[Edit]]) -> String {
    let edits = replicas.map { "[\($0.map(\.json).joined(separator: ","))]" }.joined(separator: ",")
    return """
      {"form":"\(form.rawValue)","editsPerTransaction":\(editsPerTransaction),"commonText":"\(Self.commonText)",\
      "replicas":[\(edits)]}
      """
  }
}

/// Random edits: the same for the same seed.
struct EditGenerator {
  // SplitMix64.
  private var state: UInt64
  /// Of the text that the edits so far have made.
  private var length: Int

  init(seed: UInt64 = 1, length: Int = 0) {
    state = seed
    self.length = length
  }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// A word of letters.
  mutating func word(_ lengths: ClosedRange<Int>) -> String {
    let count = lengths.lowerBound + below(lengths.count)
    return String(decoding: (0..<count).map { _ in UInt8(ascii: "a") + UInt8(below(26)) }, as: UTF8.self)
  }

  /// A word somewhere in the text.
  mutating func insertion(_ lengths: ClosedRange<Int>) -> Edit {
    let index = below(length + 1)
    let word = word(lengths)
    length += word.utf8.count
    return .insert(word, at: index)
  }

  /// A word somewhere in the text, or a few characters less.
  mutating func change() -> Edit {
    if length == 0 || below(2) == 0 { return insertion(2...10) }
    let index = below(length)
    let count = min(1 + below(9), length - index)
    length -= count
    return .delete(count, at: index)
  }
}
