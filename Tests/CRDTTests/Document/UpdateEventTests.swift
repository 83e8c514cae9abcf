import CRDT
import Testing

@Suite("Update events")
struct UpdateEventTests {
  /// Updates in the order in which an observer was told of them.
  private final class Log {
    var updates: [[UInt8]] = []
    var origins: [String?] = []
    var areLocal: [Bool] = []
  }

  private func observe(_ document: Document, _ log: Log) -> Subscription {
    document.observeUpdates { event in
      log.updates.append(event.update)
      log.origins.append(event.origin?.name)
      log.areLocal.append(event.isLocal)
    }
  }

  @Test("A transaction is told once, with all its changes and its origin")
  func oneEventPerTransaction() throws {
    let document = Document(clientID: 1)
    let log = Log()
    let subscription = observe(document, log)
    document.transact(origin: "editor") {
      document.text("t").insert("abc", at: 0)
      document.transact(origin: "inside") { document.text("t").delete(at: 1, count: 1) }
      document.map("m").set(1, forKey: "k")
    }
    document.text("t").append("d")
    document.transact(origin: "nothing") {}
    #expect(log.origins == ["editor", nil])
    #expect(log.areLocal == [true, true])

    let other = Document(clientID: 2)
    let otherLog = Log()
    let otherSubscription = observe(other, otherLog)
    for update in log.updates { try other.apply(update, origin: "network") }
    #expect(other.encodeUpdate() == document.encodeUpdate())
    #expect(otherLog.updates == log.updates)
    #expect(otherLog.origins == ["network", "network"])
    #expect(otherLog.areLocal == [false, false])
    try other.apply(log.updates[0])
    #expect(otherLog.updates.count == 2, "what is known already is no change")
    subscription.cancel()
    otherSubscription.cancel()
  }

  @Test("An observer that changes the document is told of that afterwards, and keeps the bytes it was lent")
  func changesByObservers() throws {
    let document = Document(clientID: 1)
    let log = Log()
    var changes = 3
    let editing = document.observeUpdates { event in
      event.withUnsafeBytes { bytes in
        let before = [UInt8](bytes)
        if changes > 0 {
          changes -= 1
          document.text("t").append("a longer text than the one before, so that it needs room of its own")
        }
        #expect([UInt8](bytes) == before)
        #expect(event.byteCount == before.count)
        #expect(event.update == before)
      }
    }
    let listening = observe(document, log)
    document.text("t").insert("x", at: 0)
    #expect(log.updates.count == 4)
    let other = Document(clientID: 2)
    for update in log.updates { #expect(try other.apply(update).isPending == false) }
    #expect(other.text("t").string == document.text("t").string)
    editing.cancel()
    listening.cancel()
  }

  @Test("Who cancels is not told any more, also in the middle of a delivery")
  func cancelling() {
    let document = Document(clientID: 1)
    let log = Log()
    var own: Subscription?
    own = document.observeUpdates { _ in
      log.origins.append("once")
      own?.cancel()
    }
    let other = observe(document, log)
    document.text("t").append("a")
    #expect(log.origins == ["once", nil])
    document.text("t").append("b")
    #expect(log.origins == ["once", nil, nil])
    other.cancel()
    document.text("t").append("c")
    #expect(log.updates.count == 2)
  }
}
