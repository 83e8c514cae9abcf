import CRDT
import Synchronization

/// What the clients of a load have sent, and what came of it.
final class LoadMeter: Sendable {
  private struct State {
    /// When each client sent which of its updates, which have one unit each.
    var sent: [ClientID: [ContinuousClock.Instant]] = [:]
    /// How many have come to another client, and how long they took.
    var latencies: [Duration] = []
    /// How long updates took until the relay said that they are stored.
    var storing: [Duration] = []
    /// Updates that the relay did not take.
    var refused = 0
    /// How many are to come to other clients.
    var expected = 0
  }

  private let state = Mutex(State())

  /// Notes an update that is about to be sent.
  ///
  /// - Parameter others: How many are to get it.
  func noteSending(by client: ClientID, others: Int) {
    state.withLock { state in
      state.sent[client, default: []].append(.now)
      state.expected += others
    }
  }

  /// Notes that the relay has stored the update of a number of a client, or has refused it.
  func noteStatus(isStored: Bool, of number: Int, by client: ClientID) {
    let now = ContinuousClock.now
    state.withLock { state in
      guard let sent = state.sent[client], number < sent.count else { return }
      if isStored { state.storing.append(now - sent[number]) } else { state.refused += 1 }
    }
  }

  /// Notes what has come to a client.
  func noteReceived(_ units: IDSet) {
    let now = ContinuousClock.now
    state.withLock { state in
      for (client, clocks) in units {
        guard let sent = state.sent[client] else { continue }
        // Not more than was sent, whatever the relay says.
        for clock in clocks.clamped(to: 0..<UInt64(sent.count)) { state.latencies.append(now - sent[Int(clock)]) }
      }
    }
  }

  /// Whether all that was sent has come to all others, and the relay has said what became of it.
  var isComplete: Bool {
    state.withLock { state in
      let sentCount = state.sent.reduce(0) { $0 + $1.value.count }
      return state.latencies.count >= state.expected && state.storing.count + state.refused >= sentCount
    }
  }

  /// What came of it all.
  ///
  /// - Parameters:
  ///   - late: From how long on a delivery is late.
  ///   - duration: For how long updates were sent.
  func report(clients: Int, rooms: Int, late: Duration, during duration: Duration) -> LoadReport {
    state.withLock { state in
      let sentCount = state.sent.reduce(0) { $0 + $1.value.count }
      let seconds = duration / .seconds(1)
      return LoadReport(
        clients: clients, rooms: rooms, seconds: seconds, sent: sentCount,
        stored: state.storing.count, refused: state.refused, expected: state.expected,
        delivered: state.latencies.count, lost: max(state.expected - state.latencies.count, 0),
        late: state.latencies.count { $0 > late }, deliveriesPerSecond: Double(state.latencies.count) / seconds,
        delivery: LoadReport.Latency(state.latencies), storing: LoadReport.Latency(state.storing))
    }
  }
}

/// What a load has shown.
struct LoadReport: Encodable {
  /// How long something took, in milliseconds; nil where nothing did.
  struct Latency: Encodable {
    let median: Double
    let p90: Double
    let p99: Double
    let max: Double

    init?(_ durations: [Duration]) {
      guard !durations.isEmpty else { return nil }
      let sorted = durations.sorted()
      func milliseconds(_ share: Double) -> Double {
        sorted[Swift.min(Int(Double(sorted.count) * share), sorted.count - 1)] / .milliseconds(1)
      }
      (median, p90, p99, max) = (milliseconds(0.5), milliseconds(0.9), milliseconds(0.99), milliseconds(1))
    }
  }

  let clients: Int
  let rooms: Int
  let seconds: Double
  /// Updates that were sent, those of them that the relay said to be stored, and those that it did not take.
  let sent: Int
  let stored: Int
  let refused: Int
  /// Updates that were to come to other clients, each counted for each of them; how many came, did not, and came late.
  let expected: Int
  let delivered: Int
  let lost: Int
  let late: Int
  let deliveriesPerSecond: Double
  /// From sending until another client had it.
  let delivery: Latency?
  /// From sending until the relay had said that it is stored.
  let storing: Latency?
}
