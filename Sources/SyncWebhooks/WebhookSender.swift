import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import SyncNode

/// Posts to one webhook what waits for it: as it is due, several at a time, the longest waiting first.
struct WebhookSender: Sendable {
  /// How many deliveries are under way at a time.
  private static let countMax = 4
  /// How much of an answer is read, so that the connection can be used again. What it says means nothing.
  private static let answerBytesMax = 64 << 10

  let webhook: Webhook
  /// What it is called in logs, which must not tell its address: that may hold a password.
  let number: Int
  let queue: WebhookQueue
  let schedule: WebhookSchedule
  let client: HTTPClient
  let timeout: TimeAmount
  let wakeUp: WakeUp
  let outcome: @Sendable (WebhookOutcome) -> Void
  let logger: Logger

  /// Posts until the task is cancelled.
  func run() async {
    for await _ in wakeUp.calls {
      do {
        try await sendDue()
      } catch is CancellationError {
        return
      } catch {
        logger.error("cannot use the webhooks' queue", metadata: ["error": "\(error)"])
        wakeUp.call(in: .seconds(5))
      }
    }
  }

  private func sendDue() async throws {
    while !Task.isCancelled {
      let now = Webhooks.now
      let (deliveries, next) = try await queue.due(for: webhook.url, now: now, limit: WebhookSender.countMax)
      guard !deliveries.isEmpty else {
        if let next { wakeUp.call(in: .milliseconds(max(next - now, 1))) }
        return
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for delivery in deliveries { group.addTask { try await send(delivery) } }
        try await group.waitForAll()
      }
    }
  }

  private func send(_ delivery: WebhookDelivery) async throws {
    var logger = logger
    logger[metadataKey: "webhook"] = "\(number)"
    logger[metadataKey: "delivery"] = "\(delivery.id)"
    let (failure, wish) = await post(delivery)
    // It is posted again when the relay is back; the webhook's owner knows it by its identifier.
    try Task.checkCancellation()
    guard let failure else {
      try await queue.remove(delivery)
      outcome(.delivered)
      return logger.debug("told a webhook", metadata: ["event": "\(delivery.event)"])
    }
    var generator = SystemRandomNumberGenerator()
    let next = schedule.next(after: delivery.attempts + 1, at: Webhooks.now, wish: wish, using: &generator)
    try await queue.note(failure, of: delivery, next: next)
    outcome(next == nil ? .dead : .failed)
    logger.log(
      level: next == nil ? .error : .warning, next == nil ? "gave up to tell a webhook" : "cannot tell a webhook yet",
      metadata: ["event": "\(delivery.event)", "reason": "\(failure)", "attempt": "\(delivery.attempts + 1)"])
  }

  /// - Returns: Why it failed, nil when it did not, and how many milliseconds the receiver asks to wait.
  private func post(_ delivery: WebhookDelivery) async -> (failure: String?, wish: Int64?) {
    let body = [UInt8](delivery.body.utf8)
    let seconds = Webhooks.now / 1_000
    var request = HTTPClientRequest(url: webhook.url)
    request.method = .POST
    request.headers = [
      "content-type": "application/json", "user-agent": "swift-crdt-sync", "webhook-id": delivery.id,
      "webhook-timestamp": "\(seconds)",
      "webhook-signature": webhook.secret.signature(id: delivery.id, seconds: seconds, body: body),
    ]
    request.body = .bytes(body)
    do {
      let response = try await client.execute(request, timeout: timeout)
      _ = try? await response.body.collect(upTo: WebhookSender.answerBytesMax)
      guard !(200..<300).contains(response.status.code) else { return (nil, nil) }
      let wish = response.headers.first(name: "retry-after").flatMap { Int64($0) }.map {
        min(max($0, 0), 1 << 40) * 1_000
      }
      return ("\(response.status.code) \(response.status.reasonPhrase)", wish)
    } catch let error as HTTPClientError {
      return (error.shortDescription, nil)
    } catch {
      let host = URLComponents(string: webhook.url)?.host ?? webhook.url
      return ("\(DialError(connecting: error, to: host))", nil)
    }
  }
}

/// What came of an attempt.
enum WebhookOutcome: String, CaseIterable, Sendable {
  case delivered, failed, dead
}
