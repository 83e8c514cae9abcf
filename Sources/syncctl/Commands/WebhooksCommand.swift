import ArgumentParser
import Foundation
import SyncHTTP
import SyncNode
import SyncWebhooks

/// Who is told over HTTP of what happens at a relay.
struct WebhooksCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webhooks",
    abstract: "Look after those who are told over HTTP of what happens at a relay.",
    discussion: """
      Webhooks are a JSON array in the file of `serve --webhooks`:
        [{"url": "https://example.org/hook", "secretFile": "hook.secret",
          "events": ["document.changed", "alert.fired"], "rooms": ["project:*"]}]
      `secret` may stand in place of `secretFile`. Without `events` all are told: document.changed, document.recreated, \
      room.opened, room.idle, alert.fired, alert.resolved; without `rooms`, of all rooms but feeds. Each event is posted as \
      JSON and signed as Standard Webhooks says; what is not taken is tried again for two days, and is dead then.

      Examples:
        syncctl webhooks secret > hook.secret
        syncctl webhooks check webhooks.json
        syncctl webhooks --url http://127.0.0.1:8787
        syncctl webhooks deliveries --state dead --url http://127.0.0.1:8787
        syncctl webhooks retry --url http://127.0.0.1:8787
      """,
    subcommands: [List.self, Deliveries.self, Retry.self, Discard.self, Check.self, Secret.self],
    defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the webhooks of a relay, with how many events wait and were given up.")

    @Option(help: ArgumentHelp("The relay, as in http://127.0.0.1:8787.", valueName: "address"))
    var url: NodeAddress

    @Flag(help: "Print JSON: an array of objects.")
    var json = false

    @OptionGroup var access: NodeAccessOptions

    func run() async throws {
      let reports: [Webhooks.Report] = try await access.node(at: url).page(WebhookAPI.Path.webhooks)
      if json { return try Output.json(reports) }
      let rows = reports.map { report in
        [
          "\(report.number)", Output.printable(report.url), "\(report.delivered)", "\(report.pending)",
          "\(report.dead)",
          report.lastFailure.map { Output.printable($0) } ?? "-",
        ]
      }
      Output.table(["NUMBER", "URL", "DELIVERED", "PENDING", "DEAD", "LAST FAILURE"], rows, numbers: [0, 2, 3, 4])
    }
  }

  struct Deliveries: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the events that wait or were given up, the latest first.")

    @Option(help: "pending or dead. (default: both)")
    var state: WebhookDelivery.State?

    @Option(help: "How many at most.")
    var limit = 100

    @Flag(help: "Print JSON: an array of objects, with what is posted.")
    var json = false

    @OptionGroup var options: ReplicaOptions

    func validate() throws {
      guard (1...WebhookAPI.limitMax).contains(limit) else {
        throw ValidationError("--limit is 1 to \(WebhookAPI.limitMax)")
      }
    }

    func run() async throws {
      let deliveries = try await deliveries()
      if json { return try Output.json(deliveries) }
      let rows = deliveries.map { delivery in
        [
          Output.printable(delivery.id), delivery.state.rawValue, Output.printable(delivery.event),
          delivery.room.map { Output.printable($0) } ?? "-", Output.time(delivery.milliseconds), "\(delivery.attempts)",
          delivery.nextMilliseconds.map { Output.time($0) } ?? "-",
          delivery.failure.map { Output.printable($0) } ?? "-",
        ]
      }
      Output.table(["ID", "STATE", "EVENT", "ROOM", "TIME", "ATTEMPTS", "NEXT", "FAILURE"], rows, numbers: [5])
    }

    private func deliveries() async throws -> [WebhookDelivery] {
      if let url = options.url {
        var query = [(name: "limit", value: "\(limit)")]
        if let state { query.append((name: "state", value: state.rawValue)) }
        return try await options.access.node(at: url).page(WebhookAPI.Path.deliveries, query)
      }
      let path = Webhooks.queuePath(besideStore: options.storePath ?? StoreOptions.defaultPath)
      guard FileManager.default.fileExists(atPath: path) else {
        throw Failure(.unreachable, "there is no \(path): a relay makes it that runs with --webhooks")
      }
      do {
        return try await Webhooks.deliveries(inQueue: path, state, limit: limit)
      } catch let error as WebhookError {
        throw Failure(.unreachable, "\(error)")
      }
    }
  }

  struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Have events tried again that were given up, those named or all.")

    @OptionGroup var deliveries: DeadDeliveryOptions

    func run() async throws { try await deliveries.order(.retry, "tried again") }
  }

  struct Discard: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Forget events that were given up, those named or all.")

    @OptionGroup var deliveries: DeadDeliveryOptions

    func run() async throws { try await deliveries.order(.discard, "forgotten") }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check a file with webhooks.")

    @Argument(help: "The JSON file.")
    var file: String

    func run() throws {
      var options = WebhookOptions()
      options.file = file
      let count = try options.webhooks()?.count ?? 0
      Output.line("\(counted(UInt64(count), "webhook")): all make sense")
    }
  }

  struct Secret: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a secret to sign events with, and print it; who gets them needs it, too.")

    func run() { Output.line(WebhookSecret().text) }
  }
}

/// Which dead deliveries, and where.
struct DeadDeliveryOptions: ParsableArguments {
  @Argument(help: "The events' IDs; all that were given up without any.")
  var ids: [String] = []

  @Option(help: ArgumentHelp("The relay, as in http://127.0.0.1:8787.", valueName: "address"))
  var url: NodeAddress

  @OptionGroup var access: NodeAccessOptions

  func order(_ action: WebhookAPI.Action, _ verb: String) async throws {
    let order = WebhookAPI.Order(action, ids.isEmpty ? nil : ids)
    let outcome: WebhookAPI.Outcome = try await access.node(at: url).post(WebhookAPI.Path.deliveries, [], order)
    Output.line("\(counted(UInt64(outcome.changed), "event")) \(verb)")
    guard ids.isEmpty || outcome.changed == Set(ids).count else {
      throw Failure(.check, "not all of them are among the dead: see `syncctl webhooks deliveries --state dead`")
    }
  }
}

extension WebhookDelivery.State: ExpressibleByArgument {}
