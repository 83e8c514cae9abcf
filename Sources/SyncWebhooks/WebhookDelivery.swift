import Foundation

/// An event on its way to a webhook, or one that did not get there.
public struct WebhookDelivery: Equatable, Codable, Sendable {
  /// Whether it is still tried.
  public enum State: String, CaseIterable, Codable, Sendable {
    /// It waits for its first attempt, or for another.
    case pending
    /// It was given up; it stays to be looked at and tried again, until it is discarded.
    case dead
  }

  /// The header `webhook-id`, the same at each attempt: who gets an event twice knows it by that.
  public let id: String
  /// The webhook's address.
  public let url: String
  /// What happened.
  public let event: String
  /// In which room; nil for what is about none.
  public let room: String?
  /// When it happened, in milliseconds since 1970.
  public let milliseconds: Int64
  /// How often it was tried.
  public let attempts: Int
  /// When it is tried next, in milliseconds since 1970; nil when it is dead.
  public let nextMilliseconds: Int64?
  /// Why the last attempt failed; nil before.
  public let failure: String?
  /// What is posted.
  public let body: String

  /// Whether it is still tried.
  public var state: State { nextMilliseconds == nil ? .dead : .pending }
}

/// When deliveries that fail are tried again, and how many may wait.
struct WebhookSchedule: Equatable, Sendable {
  /// How long after each failed attempt the next one follows, in milliseconds, give or take a fifth so that those that failed
  /// together do not come together. When the last one has failed, too, the delivery is dead.
  var delays: [Int64] = [5, 30, 120, 600, 1_800, 7_200, 21_600, 43_200, 86_400].map { $0 * 1_000 }
  /// The longest wait that a receiver can ask for by `retry-after`.
  var delayMax: Int64 = 86_400_000
  /// How many deliveries may wait for each webhook; those that come then are dead at once.
  var pendingMax = 10_000
  /// How many dead ones are kept of each webhook, the latest.
  var deadMax = 10_000

  /// When to try again what has failed; nil for never.
  ///
  /// - Parameters:
  ///   - attempts: How often it was tried, at least once.
  ///   - wish: How long the receiver asks to wait.
  func next(after attempts: Int, at now: Int64, wish: Int64?, using generator: inout some RandomNumberGenerator)
    -> Int64?
  {
    guard attempts <= delays.count else { return nil }
    let delay = Double(delays[attempts - 1]) * Double.random(in: 0.8...1.2, using: &generator)
    return now + max(Int64(delay), min(wish ?? 0, delayMax))
  }
}
