import CRDT
import NIOCore

/// How far one peer and we are with one room over one connection: what is on its way in either direction, and up to where
/// the peer has stored our log. Decides; sends and stores nothing itself.
///
/// Deltas are numbered in each direction. A *comparison* (a state, answered by deltas from a start to an end) begins the
/// series, and mends it whenever a number is missing: so what got lost is found although nothing in the document waits
/// for it, as with a deletion.
struct PeerProgress {
  // What we send.
  /// Whether the peer has told us its state, so that it can make use of what is new.
  private(set) var isSending = false
  /// Whether an answer has not been sent to its end: what is in the log by then is in the answer.
  private var isAnswering = false
  /// The last delta sent.
  private(set) var lastSent: UInt64
  /// What of the log the peer is not known to have stored, in the log's order.
  private var unacknowledged = CircularBuffer<Entry>()
  /// The last entry of the log up to which the peer has stored all.
  private(set) var acknowledgedSequence: Int64
  /// The last of the peer's deltas that the peer has stored itself.
  private var peerStored: UInt64 = 0
  /// The last of our deltas that the peer has stored.
  private var ourStored: UInt64 = 0

  // What we receive.
  /// The last delta of the peer up to which there is no gap.
  private(set) var lastReceived: UInt64 = 0
  /// Whether an answer has started, and no number was missing since.
  private(set) var isInStep = false
  /// Whether an answer is on its way: what it repeats is not stored again.
  private(set) var isReceivingAnswer = false
  /// How many units the peer's last state had that were not here, until an answer was received to its end.
  private(set) var behind: UInt64 = 0
  /// Whether an answer was received to its end: we have all that the peer had.
  private(set) var hasCaughtUp = false
  /// Whether both sides have all that the other has, as far as the conversation was told.
  var isDone = false
  /// Whether the peer has said that something goes on in the room there.
  private(set) var isInUseThere = true
  /// Whether we have asked for an answer that has not started.
  var isAsking = false
  /// The last of the peer's deltas that we have stored.
  var storedReceived: UInt64 = 0
  /// The last of our own deltas that we have stored.
  var storedSent: UInt64 = 0
  /// How many deltas came that were known, since the last one that was not.
  private(set) var repeated = 0
  /// What the peer was told last.
  var lastAcknowledgement: PeerMessage.Acknowledgement?

  private struct Entry {
    let sequence: Int64
    let number: UInt64
    /// Whether we sent it to the peer, or had it from there.
    let isOurs: Bool
  }

  /// - Parameters:
  ///   - acknowledgedSequence: What the peer was known to have stored when it was here last.
  ///   - lastSent: A number that is not below that of any delta sent over this connection before, when the room was open
  ///     there already: what is still on its way in either direction must not be taken for something new.
  init(acknowledgedSequence: Int64, lastSent: UInt64) {
    self.acknowledgedSequence = acknowledgedSequence
    self.lastSent = lastSent
  }

  /// Whether the peer has stored all up to `sequence`.
  func hasStored(_ sequence: Int64) -> Bool { acknowledgedSequence >= sequence }
}

// MARK: Sending

extension PeerProgress {
  /// Starts an answer to the peer's state.
  mutating func startAnswer() {
    isSending = true
    isAnswering = true
    // It says what the peer lacks, of what was sent before, too: only who has all of it has that.
    unacknowledged.removeAll()
  }

  /// Numbers one part of an answer.
  ///
  /// - Parameter sequence: For its last part, the log's last entry: the peer has all up to there when it has the part.
  mutating func sendAnswerPart(isStart: Bool, endingAt sequence: Int64?) -> PeerMessage.Delta {
    lastSent += 1
    if let sequence {
      isAnswering = false
      unacknowledged = [Entry(sequence: sequence, number: lastSent, isOurs: true)]
    }
    return PeerMessage.Delta(number: lastSent, isStart: isStart, isEnd: sequence != nil)
  }

  /// Numbers something new, which is entry `sequence` of the log.
  mutating func sendNews(_ sequence: Int64) -> PeerMessage.Delta {
    lastSent += 1
    unacknowledged.append(Entry(sequence: sequence, number: lastSent, isOurs: true))
    return PeerMessage.Delta(number: lastSent, isStart: false, isEnd: false)
  }

  /// Whether the peer can mean what it says: nobody has more than it was sent.
  func canBeTrue(_ acknowledgement: PeerMessage.Acknowledgement) -> Bool {
    acknowledgement.stored <= acknowledgement.received && acknowledgement.received <= lastSent
  }

  /// Takes the peer's word on what it has.
  ///
  /// - Returns: Whether it has stored more of our log than was known.
  mutating func receive(_ acknowledgement: PeerMessage.Acknowledgement) -> Bool {
    ourStored = max(ourStored, min(acknowledgement.stored, lastSent))
    peerStored = max(peerStored, min(acknowledgement.ownStored, lastReceived))
    return takeAcknowledged()
  }

  private mutating func takeAcknowledged() -> Bool {
    let before = acknowledgedSequence
    while let entry = unacknowledged.first, entry.number <= (entry.isOurs ? ourStored : peerStored) {
      acknowledgedSequence = max(acknowledgedSequence, entry.sequence)
      unacknowledged.removeFirst()
    }
    return acknowledgedSequence > before
  }
}

// MARK: Receiving

extension PeerProgress {
  /// What to do with a delta.
  enum Reception: Equatable {
    /// It is the next one.
    case next
    /// It was here before.
    case known
    /// One before it is missing: use it, and ask.
    case gap
  }

  /// Takes a delta in.
  mutating func receive(_ delta: PeerMessage.Delta) -> Reception {
    if delta.isStart {
      // Nothing that is older than what we have can start anything.
      guard delta.number > lastReceived || lastReceived == 0 else { return noteRepeated() }
      isAsking = false
      isInStep = true
      isReceivingAnswer = true
    } else {
      guard delta.number > lastReceived else { return noteRepeated() }
      guard isInStep, delta.number == lastReceived + 1 else {
        isInStep = false
        isReceivingAnswer = false
        return .gap
      }
    }
    lastReceived = delta.number
    repeated = 0
    return .next
  }

  private mutating func noteRepeated() -> Reception {
    repeated += 1
    return .known
  }

  /// Takes note of how much the peer has that is not here.
  mutating func receive(_ state: PeerMessage.State, own vector: StateVector) {
    isInUseThere = state.isInUse
    behind = state.stateVector.clocks.reduce(0) { sum, entry in
      let known = vector[entry.key]
      return sum &+ (entry.value > known ? entry.value - known : 0)
    }
  }

  /// Notes that an answer has ended with the delta that was taken in last.
  mutating func endAnswer() {
    behind = 0
    isReceivingAnswer = false
    hasCaughtUp = true
  }

  /// Notes that what came with the last delta is entry `sequence` of the log.
  mutating func noteReceived(_ sequence: Int64) {
    // Before the end of an answer, what comes before it in the log is not accounted for; the answer is about all of it.
    guard isSending, !isAnswering else { return }
    unacknowledged.append(Entry(sequence: sequence, number: lastReceived, isOurs: false))
  }

  /// What to tell the peer; nil when it knows.
  mutating func nextAcknowledgement() -> PeerMessage.Acknowledgement? {
    let acknowledgement = PeerMessage.Acknowledgement(
      received: lastReceived, stored: storedReceived, ownStored: storedSent)
    guard acknowledgement != lastAcknowledgement else { return nil }
    lastAcknowledgement = acknowledgement
    return acknowledgement
  }
}
