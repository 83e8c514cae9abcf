import CRDT
import Testing

@Suite("Changes of awareness")
struct AwarenessChangesTests {
  private func entry(_ client: ClientID, _ clock: Clock, _ json: String) -> AwarenessEntry {
    AwarenessEntry(client: client, clock: clock, state: Array(json.utf8))
  }

  @Test("Who comes is added, who speaks is updated, who leaves is removed, and who comes back is added again")
  func kinds() {
    var awareness = Awareness()
    var changes = awareness.apply(AwarenessUpdate([entry(1, 1, "{}"), entry(2, 1, "{}")]), now: 0).changes
    #expect(changes.added == [1, 2] && changes.updated.isEmpty && changes.removed.isEmpty)
    changes =
      awareness.apply(AwarenessUpdate([entry(1, 2, "{}"), entry(2, 1, "null"), entry(3, 1, "null")]), now: 0).changes
    #expect(changes.added.isEmpty && changes.updated == [1] && changes.removed == [2])
    changes = awareness.apply(AwarenessUpdate([entry(1, 2, "{\"a\":1}"), entry(2, 2, "{}")]), now: 0).changes
    #expect(changes.added == [2] && changes.updated.isEmpty && changes.removed.isEmpty)
    #expect(awareness.apply(AwarenessUpdate([entry(9, 0, "{}")]), now: 0).changes.isEmpty)
  }

  @Test("A renewal that says the same is no visible change, in whatever order it says it")
  func visible() {
    var awareness = Awareness()
    _ = awareness.apply(AwarenessUpdate([entry(1, 1, "{\"a\":1,\"b\":[2]}"), entry(2, 1, "{}")]), now: 0)
    let update = AwarenessUpdate([entry(1, 2, "{ \"b\": [2], \"a\": 1 }"), entry(2, 2, "{\"x\":0}"), entry(3, 1, "{}")])
    let changes = awareness.apply(update, now: 0).changes
    #expect(changes.updated == [1, 2] && changes.added == [3])
    #expect(changes.visible.updated == [2] && changes.visible.added == [3])
    #expect(changes.visible.visible == changes.visible)
  }

  @Test("The own state is set whole or by member, and only by who has a client")
  func ownState() {
    var awareness = Awareness(ownClient: 7)
    #expect(awareness.set("cursor", to: 1, now: 0) == Awareness.Outcome(), "there is no state to change")
    #expect(
      awareness.set(["name": "Ada", "cursor": nil], now: 0).accepted == [
        entry(7, 1, "{\"name\":\"Ada\",\"cursor\":null}")
      ])
    let outcome = awareness.set("cursor", to: ["anchor": 3], now: 0)
    #expect(outcome.accepted == [entry(7, 2, "{\"name\":\"Ada\",\"cursor\":{\"anchor\":3}}")])
    #expect(outcome.changes.updated == [7])
    #expect(awareness.value(of: 7) == ["name": "Ada", "cursor": ["anchor": 3]])
    #expect(awareness.values == [7: ["name": "Ada", "cursor": ["anchor": 3]]])
    #expect(awareness.set(.some(.null), now: 0).changes.removed == [7])
    #expect(awareness.set(nil, now: 0).changes.isEmpty)
    #expect(awareness.clock(of: 7) == 4 && awareness.state(of: 7) == nil && awareness.value(of: 7) == nil)
    var relay = Awareness()
    #expect(relay.set(["name": "Ada"], now: 0) == Awareness.Outcome())
  }

  @Test("Who removes its own client raises its clock, so that others believe it")
  func ownRemoval() {
    var (ours, theirs) = (Awareness(ownClient: 1), Awareness(ownClient: 2))
    let said = ours.set([:], now: 0).accepted
    _ = theirs.apply(AwarenessUpdate(said), now: 0)
    #expect(theirs.remove([1], now: 0) == AwarenessUpdate([.removal(of: 1, clock: 1)]))
    #expect(ours.remove([1, 3], now: 0) == AwarenessUpdate([.removal(of: 1, clock: 2)]))
    #expect(ours.update(of: [3, 1]) == AwarenessUpdate([.removal(of: 1, clock: 2)]))
  }

  @Test("What time asks for is done at once: the own state is renewed, and silent clients are removed")
  func check() {
    var awareness = Awareness(ownClient: 1)
    _ = awareness.set([:], now: 0)
    _ = awareness.apply(AwarenessUpdate([entry(2, 1, "{}")]), now: 0)
    #expect(awareness.check(now: 14_999) == Awareness.Outcome())
    #expect(awareness.check(now: 15_000).accepted == [entry(1, 2, "{}")])
    let outcome = awareness.check(now: 30_000)
    #expect(outcome.accepted == [entry(1, 3, "{}"), entry(2, 1, "null")])
    #expect(outcome.changes.updated == [1] && outcome.changes.removed == [2] && outcome.changes.visible.updated.isEmpty)
  }
}
