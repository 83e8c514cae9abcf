import CRDT
import Foundation
import Testing

@testable import SyncNode

@Suite("Preferences of notifications")
struct NotificationPreferenceTests {
  private typealias Preferences = NotificationPreferences

  private func time(_ text: String) throws -> DayTime { try #require(DayTime(text)) }

  @Test("What is muted is not stored, by category, room or sender, and nothing of it comes later")
  func mutes() async throws {
    let node = try Node(.quiet())
    let inbox = try await node.notifications(for: "ada")
    for mute in [Preferences.Mute.category(.performance), .room("project:42"), .sender("bob")] {
      try await inbox.updatePreferences { $0.mutes = [mute] }
      func notify() async throws -> NotificationOutcome {
        try await node.notify(
          user: "ada", category: .performance, title: "x", room: "project:42", sender: "bob", key: "k")
      }
      #expect(try await notify() == .muted(mute))
      try await node.notify(user: "ada", category: .system, title: "other", room: "project:4", sender: "bo", key: "o")
      #expect(try await inbox.notifications().map(\.title) == ["other"])
      try await inbox.updatePreferences { $0.mutes = [] }
      #expect(try await inbox.notifications().map(\.title) == ["other"])
      #expect(try await notify() != .muted(mute))
      // What was told before stays, and is not replaced.
      try await inbox.updatePreferences { $0.mutes = [mute] }
      #expect(try await notify() == .muted(mute))
      #expect(try await inbox.notifications().count == 2)
      try await node.open("notifications:ada").edit { $0.array("notifications").delete(at: 0, count: 2) }
    }
    await node.stop()
  }

  @Test(
    "Quiet hours hold from one time of day to another, by the clocks of their zone",
    arguments: [
      ("22:00", "07:00", "2026-01-15T20:59:59Z", false), ("22:00", "07:00", "2026-01-15T21:00:00Z", true),
      ("22:00", "07:00", "2026-01-16T05:59:00Z", true), ("22:00", "07:00", "2026-01-16T06:00:00Z", false),
      ("22:00", "07:00", "2026-07-15T20:00:00Z", true), ("22:00", "07:00", "2026-07-15T05:00:00Z", false),
      ("12:00", "13:30", "2026-01-15T11:00:00Z", true), ("12:00", "13:30", "2026-01-15T12:30:00Z", false),
      ("00:00", "23:59", "2026-01-15T22:58:00Z", true), ("00:00", "23:59", "2026-01-15T22:59:00Z", false),
    ])
  func quietHours(from: String, to: String, moment: String, isQuiet: Bool) throws {
    let hours = try Preferences.QuietHours(from: time(from), to: time(to), zone: "Europe/Berlin")
    #expect(hours.include(try ManualClock.milliseconds(moment)) == isQuiet)
  }

  @Test(
    "A digest is due at the next of its times, by the clocks of its zone",
    arguments: [
      ("2026-01-15T07:59:00Z", "2026-01-15T08:00:00Z"), ("2026-01-15T08:00:00Z", "2026-01-15T16:30:00Z"),
      ("2026-01-15T17:00:00Z", "2026-01-16T08:00:00Z"), ("2026-07-15T17:00:00Z", "2026-07-16T07:00:00Z"),
      // The clocks go forward in between.
      ("2026-03-28T18:00:00Z", "2026-03-29T07:00:00Z"),
    ])
  func digest(now: String, due: String) throws {
    let digest = try Preferences.Digest(times: [time("17:30"), time("09:00"), time("09:00")], zone: "Europe/Berlin")
    #expect(digest.times.map(\.description) == ["09:00", "17:30"])
    #expect(digest.next(after: try ManualClock.milliseconds(now)) == (try ManualClock.milliseconds(due)))
  }

  @Test("A time of day that a night leaves out is the moment at which clocks go on")
  func leftOut() throws {
    let digest = try Preferences.Digest(times: [time("02:30")], zone: "Europe/Berlin")
    let due = digest.next(after: try ManualClock.milliseconds("2026-03-28T12:00:00Z"))
    #expect(due == (try ManualClock.milliseconds("2026-03-29T01:00:00Z")))
  }

  @Test("What a digest holds back is shown together when it is due, with no sound in quiet hours, and replaced before")
  func heldBack() async throws {
    let clock = try ManualClock("2026-01-15T05:00:00Z")
    let node = try Node(clock.configuration())
    let inbox = try await node.notifications(for: "ada")
    let hours = try Preferences.QuietHours(from: time("05:00"), to: time("07:30"), zone: "Europe/Berlin")
    let early = try Preferences.Digest(times: [time("07:00")], zone: "Europe/Berlin")
    let late = try Preferences.Digest(times: [time("09:00")], zone: "Europe/Berlin")
    try await inbox.updatePreferences { preferences in
      preferences.quietHours = hours
      preferences.digests = [.performance: early, Preferences.anyCategory: late]
    }
    for (category, title) in [(NotificationCategory.performance, "p"), (.system, "s"), (.userAction, "u")] {
      try await node.notify(user: "ada", category: category, title: title, key: title)
      clock.advance(seconds: 1)
    }
    let outcome = try await node.notify(user: "ada", category: .system, title: "S", key: "s")
    guard case .replaced(let notification) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(notification.dueMilliseconds == (try ManualClock.milliseconds("2026-01-15T08:00:00Z")))
    #expect(try await inbox.list().items.isEmpty)
    #expect(try await inbox.unreadCount() == 0)
    await #expect(throws: NotificationError.self, "what is not shown cannot be marked") {
      try await inbox.mark(.read, [notification.id])
    }
    func shown() async throws -> [String] {
      try await inbox.list().items.map { $0.notification.title + ($0.notification.isQuiet ? " quietly" : "") }
    }
    try clock.set("2026-01-15T06:00:00Z")
    #expect(try await shown() == ["p quietly"])
    try clock.set("2026-01-15T07:59:59Z")
    try await inbox.updatePreferences { $0.digests = [:] }
    try await node.notify(user: "ada", category: .system, title: "at once")
    #expect(try await shown() == ["at once", "p quietly"])
    try clock.set("2026-01-15T08:00:00Z")
    #expect(try await shown() == ["S", "u", "at once", "p quietly"])
    await node.stop()
  }

  @Test("Choices that are made on two devices at once both hold, and only what differs is written")
  func merging() throws {
    let phone = Document()
    var preferences = Preferences()
    preferences.mutes = [.category("billing")]
    preferences.quietHours = try Preferences.QuietHours(from: time("22:00"), to: time("07:00"), zone: "UTC")
    #expect(preferences.write(to: phone) && !preferences.write(to: phone))
    phone.map("preferences").set("later", forKey: "theme")
    let laptop = Document()
    try laptop.apply(phone.encodeUpdate())
    var onPhone = Preferences(phone)
    #expect(onPhone == preferences)
    onPhone.mutes.insert(.room("project:42"))
    onPhone.quietHours = nil
    onPhone.write(to: phone)
    var onLaptop = Preferences(laptop)
    // An acute accent is one character with the colon before it.
    onLaptop.mutes = [.sender("bob:the:builder"), .sender("\u{301}eve")]
    onLaptop.digests["billing"] = try Preferences.Digest(times: [time("09:00")], zone: "America/New_York")
    onLaptop.write(to: laptop)
    try phone.apply(laptop.encodeUpdate())
    try laptop.apply(phone.encodeUpdate())
    #expect(Preferences(phone) == Preferences(laptop))
    let merged = Preferences(phone)
    #expect(merged.mutes == [.room("project:42"), .sender("bob:the:builder"), .sender("\u{301}eve")])
    #expect(merged.quietHours == nil && merged.digests.keys.map(\.rawValue) == ["billing"])
    #expect(phone.map("preferences")["theme"] == .value("later"), "what nobody here knows stays")
  }

  @Test("Choices that make no sense are refused, and nothing is changed")
  func refusals() async throws {
    let nine = try time("09:00")
    for zone in ["", "Nowhere/Land", "../../etc/passwd", String(repeating: "x", count: 1000)] {
      #expect(throws: NotificationError.self) { try Preferences.QuietHours(from: nine, to: time("10:00"), zone: zone) }
      #expect(throws: NotificationError.self) { try Preferences.Digest(times: [nine], zone: zone) }
    }
    #expect(throws: NotificationError.self) { try Preferences.QuietHours(from: nine, to: nine, zone: "UTC") }
    #expect(throws: NotificationError.self) { try Preferences.Digest(times: [], zone: "UTC") }
    for text in ["9:00", "24:00", "09:60", "0900", "", "09:00 ", "٠٩:٠٠", "-1:00", "09:0a"] {
      #expect(DayTime(text) == nil, "\(text)")
    }
    let node = try Node(.quiet())
    let inbox = try await node.notifications(for: "ada")
    for mutes in [
      [Preferences.Mute.room("")], [.sender(String(repeating: "x", count: 1025))],
      Set((0...10_000).map { Preferences.Mute.room("\($0)") }),
    ] as [Set<Preferences.Mute>] {
      await #expect(throws: NotificationError.self) { try await inbox.updatePreferences { $0.mutes = mutes } }
    }
    #expect(try await inbox.preferences() == Preferences())
    await node.stop()
  }
}
