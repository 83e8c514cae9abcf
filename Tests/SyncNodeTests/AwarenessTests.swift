import CRDT
import Testing

@Suite("Awareness")
struct AwarenessTests {
  private func apply(_ entries: AwarenessEntry..., to awareness: inout Awareness, at now: UInt64 = 0)
    -> Awareness.Outcome
  {
    awareness.apply(AwarenessUpdate(entries), now: now)
  }

  @Test("Only a larger clock replaces a state")
  func clocks() {
    var awareness = Awareness()
    #expect(apply(AwarenessEntry(1, 5, "1"), to: &awareness).accepted.count == 1)
    #expect(apply(AwarenessEntry(1, 5, "2"), to: &awareness).accepted.isEmpty)
    #expect(apply(AwarenessEntry(1, 4, "3"), to: &awareness).accepted.isEmpty)
    #expect(apply(AwarenessEntry(1, 6, "4"), to: &awareness).accepted.count == 1)
    #expect(awareness.states == AwarenessUpdate([AwarenessEntry(1, 6, "4")]))
  }

  @Test("A removal needs no larger clock, but somebody to remove")
  func removals() {
    var awareness = Awareness()
    #expect(apply(AwarenessEntry(1, 0, "null"), to: &awareness).accepted.isEmpty)
    _ = apply(AwarenessEntry(1, 3, "{}"), to: &awareness)
    #expect(apply(AwarenessEntry(1, 2, "null"), to: &awareness).accepted.isEmpty)
    #expect(apply(AwarenessEntry(1, 3, "null"), to: &awareness).accepted.count == 1)
    #expect(apply(AwarenessEntry(1, 3, "null"), to: &awareness).accepted.isEmpty)
    #expect(awareness.count == 0)
  }

  @Test("Whoever comes back with an old clock hears that it was removed, and at which clock")
  func returning() {
    var awareness = Awareness()
    _ = apply(AwarenessEntry(1, 3, "{}"), to: &awareness)
    #expect(awareness.remove([1], now: 10) == AwarenessUpdate([AwarenessEntry(1, 3, "null")]))
    let outcome = apply(AwarenessEntry(1, 3, "{}"), to: &awareness)
    #expect(outcome.accepted.isEmpty)
    #expect(outcome.outdated == [AwarenessEntry(1, 3, "null")])
    #expect(apply(AwarenessEntry(1, 4, "{}"), to: &awareness).accepted.count == 1)
  }

  @Test("A client is gone after 30 seconds of silence, not before, and its clock is remembered for a while")
  func timeout() {
    var awareness = Awareness()
    _ = apply(AwarenessEntry(1, 3, "{}"), to: &awareness, at: 1_000)
    _ = apply(AwarenessEntry(2, 1, "{}"), to: &awareness, at: 2_000)
    #expect(awareness.removeOutdated(now: 30_999).isEmpty)
    #expect(awareness.removeOutdated(now: 31_000) == AwarenessUpdate([AwarenessEntry(1, 3, "null")]))
    #expect(apply(AwarenessEntry(1, 3, "{}"), to: &awareness, at: 31_001).accepted.isEmpty)
    _ = awareness.removeOutdated(now: 331_000)
    #expect(apply(AwarenessEntry(1, 3, "{}"), to: &awareness, at: 331_001).accepted.count == 1)
  }

  @Test("Its own client's state is renewed after 15 seconds, and never taken away by others")
  func ownClient() {
    var awareness = Awareness(ownClient: 7)
    #expect(awareness.renew(now: 0) == nil)
    #expect(awareness.setState(Array("{}".utf8), now: 0) == AwarenessEntry(7, 1, "{}"))
    #expect(awareness.renew(now: 14_999) == nil)
    #expect(awareness.renew(now: 15_000) == AwarenessEntry(7, 2, "{}"))
    #expect(awareness.removeOutdated(now: 99_000).isEmpty)
    let outcome = apply(AwarenessEntry(7, 5, "null"), to: &awareness, at: 99_000)
    #expect(outcome.restated == AwarenessEntry(7, 6, "{}"))
    #expect(outcome.accepted.isEmpty)
    #expect(awareness.setState(nil, now: 99_001) == AwarenessEntry(7, 7, "null"))
    #expect(awareness.count == 0)
  }

  @Test("Hostile peers cannot make it keep more than its limits")
  func limits() {
    var limits = Awareness.Limits()
    limits.clientsMax = 2
    limits.stateBytesMax = 4
    var awareness = Awareness(limits: limits)
    let outcome = apply(
      AwarenessEntry(1, 1, "12345"), AwarenessEntry(2, 1, "{}"), AwarenessEntry(3, 1, "{}"), AwarenessEntry(4, 1, "{}"),
      to: &awareness)
    #expect(outcome.accepted.map(\.client) == [2, 3])
    #expect(apply(AwarenessEntry(2, 2, "{}"), to: &awareness).accepted.count == 1)
  }

  @Test("Those that left make room for others, the first of them first, once they are a quarter of all")
  func forgetting() {
    var limits = Awareness.Limits()
    limits.clientsMax = 8
    var awareness = Awareness(limits: limits)
    for client in 1...8 as ClosedRange<UInt64> { _ = apply(AwarenessEntry(client, 5, "{}"), to: &awareness) }
    _ = awareness.remove([1], now: 1)
    #expect(apply(AwarenessEntry(9, 1, "{}"), to: &awareness).accepted.isEmpty)
    _ = awareness.remove([2], now: 2)
    #expect(!apply(AwarenessEntry(9, 1, "{}"), to: &awareness).accepted.isEmpty && awareness.count == 7)
    #expect(awareness.clock(of: 1) == nil && awareness.clock(of: 2) == 5)
    #expect(apply(AwarenessEntry(10, 1, "{}"), to: &awareness).accepted.isEmpty && awareness.byteCount == 14)
  }

  @Test("States have a bound for all of them, which those that left do not count for")
  func bytes() {
    var limits = Awareness.Limits()
    limits.bytesMax = 10
    var awareness = Awareness(ownClient: 9, limits: limits)
    func taken(_ client: UInt64, _ clock: UInt64, _ json: String) -> Bool {
      !apply(AwarenessEntry(client, clock, json), to: &awareness).accepted.isEmpty
    }
    #expect(taken(1, 1, "123456") && awareness.byteCount == 6)
    #expect(!taken(2, 1, "12345") && taken(2, 1, "1234"))
    #expect(!taken(1, 2, "1234567") && taken(1, 2, "12") && awareness.byteCount == 6)
    #expect(taken(2, 2, "null") && awareness.byteCount == 2)
    _ = awareness.remove([1], now: 0)
    #expect(awareness.byteCount == 0)
    // A client may always say what it is about itself.
    _ = awareness.setState([UInt8](repeating: 0x31, count: 11), now: 0)
    #expect(awareness.byteCount == 11 && !taken(3, 1, "1"))
    _ = awareness.setState(nil, now: 0)
    #expect(awareness.byteCount == 0 && taken(3, 1, "1"))
    _ = awareness.removeOutdated(now: Awareness.timeoutMilliseconds)
    #expect(awareness.byteCount == 0)
  }
}
