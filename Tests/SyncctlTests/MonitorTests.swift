import Foundation
import TestSupport
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// `top`, `metrics` and `alerts`: how a relay is, and what applications measure by it.
@Suite struct MonitorTests {
  private let folder: TemporaryFolder
  private let secret: String

  init() throws {
    folder = try TemporaryFolder()
    secret = folder.file("secret.txt").path
    try Data("a secret that nobody guesses, long enough\n".utf8).write(to: URL(filePath: secret))
  }

  private func token(_ rules: String...) async throws -> String {
    let outcome = try await outcome(
      of: ChildProcess(
        TestFiles.syncctl,
        ["token", "mint", "--secret", secret, "--subject", "ada", "--lifetime", "1h"]
          + rules.flatMap { ["--room", $0] }))
    try #require(outcome.status == 0, "\(outcome)")
    return outcome.standardOutput.trimmingCharacters(in: .newlines)
  }

  /// The status and the body of a page.
  private func page(_ path: String, of relay: Relay, token: String? = nil) async throws -> (status: Int?, body: String)
  {
    var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(relay.port)\(path)")))
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    let (data, response) = try await URLSession.shared.data(for: request)
    return ((response as? HTTPURLResponse)?.statusCode, String(decoding: data, as: UTF8.self))
  }

  @Test("`top` tells what real clients do: rooms, rates, latencies, connections")
  func top() async throws {
    let relay = try await Relay.start(store: folder.file("store.sqlite"))
    let url = "http://127.0.0.1:\(relay.port)"
    let ada = try await ClientHost.yjs().open("ada", at: relay.url, room: "notes")
    let bob = try await ClientHost.pycrdt().open("bob", at: relay.url, room: "notes")
    try await ada.waitUntilSynced()
    try await bob.waitUntilSynced()
    try await ada.burst("item", count: 20)
    try await eventuallyEqual([ada, bob]) { $0.list.count == 20 }
    let lines = try await eventually("the deliveries are told") { () async throws -> [JSON]? in
      let outcome = try await syncctl("top", "--url", url, "--json", "--count", "2", "--interval", "0.25")
      let lines = try expectSchema("top", outcome.standardOutput)
      let delivery = lines.last?["metrics"]?.elements?.first { $0["name"] == "sync_delivery_seconds" }
      return delivery?["windows"]?["1m"]?["count"] == 20 ? lines : nil
    }
    #expect(
      lines.count == 2 && lines[0]["clients"]?.elements?.count == 2 && lines[0]["alerts"]?.elements?.isEmpty == true)
    let text = try await syncctl("top", "--url", url, "--count", "1")
    for part in ["2 connections", "1 room loaded", "delivery", "commit", "lag", "ROOM", "notes"] {
      #expect(text.standardOutput.contains(part), "\(part): \(text)")
    }
    #expect(text.status == 0 && !text.standardOutput.contains("\u{1B}"), "nothing for terminals: \(text)")
  }

  @Test("On a terminal `top` fills the screen, goes on, and gives the terminal back at q")
  func screen() async throws {
    let relay = try await Relay.start(store: folder.file("store.sqlite"))
    let client = try await ClientHost.yjs().open("ada", at: relay.url, room: "plan")
    try await client.waitUntilSynced()
    try await client.burst("first", count: 3)
    let terminal = try await TerminalSession(
      "echo before; '\(TestFiles.syncctl.path)' top --url http://127.0.0.1:\(relay.port) --interval 0.25; echo \"[exit $?]\""
    )
    let screen = try await eventually("the view") { () async throws -> [String]? in
      let screen = try await lines(of: terminal)
      return screen.contains { $0.hasPrefix("plan") } ? screen : nil
    }
    #expect(screen.allSatisfy { $0.count <= 80 }, "\(screen.joined(separator: "\n"))")
    #expect(screen[0].contains("up ") && screen[1].hasPrefix("1 connection, 1 room loaded"), "\(screen)")
    #expect(screen.contains { $0.hasPrefix("MS") && $0.contains("1 min: P50") }, "\(screen)")
    #expect(!screen.contains { $0.contains("before") }, "the screen is its own")
    try await client.burst("item", count: 5)
    try await eventually("it goes on") {
      try await lines(of: terminal).contains { $0.hasPrefix("plan") && $0.contains(" 8 ") }
    }
    try await terminal.press("q")
    try await eventually("the terminal is back") {
      let screen = try await lines(of: terminal)
      return screen.contains("before") && screen.contains("[exit 0]") && !screen.contains { $0.hasPrefix("MS") }
    }
  }

  private func lines(of terminal: TerminalSession) async throws -> [String] {
    try await terminal.screen().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test("An application's values are recorded by whoever may write to its room, and summarised for whoever may read it")
  func recording() async throws {
    let relay = try await Relay.start(store: folder.file("store.sqlite"), options: ["--jwt-secret", secret])
    let url = "http://127.0.0.1:\(relay.port)"
    let (writer, reader) = (try await token("analytics:acme=write"), try await token("analytics:acme=read"))
    func run(_ arguments: String..., token: String) async throws -> Outcome {
      try await outcome(
        of: ChildProcess(
          TestFiles.syncctl, ["metrics"] + arguments + ["--url", url], environment: ["SYNCCTL_TOKEN": token]))
    }
    for plan in ["free", "paid", "free"] {
      let recorded = try await run(
        "record", "signups", "1", "--application", "acme", "--label", "plan=\(plan)", token: writer)
      #expect(recorded.status == 0 && recorded.standardOutput.isEmpty, "\(recorded)")
    }
    for seconds in ["0.1", "0.2", "0.3"] {
      #expect(
        try await run("record", "took", seconds, "--application", "acme", "--kind", "timing", token: writer).status == 0
      )
    }
    let listed = try await eventually("they are summarised") { () async throws -> Outcome? in
      let listed = try await run("list", "--application", "acme", "--json", token: reader)
      let took = try expectSchema("metrics", listed.standardOutput).first?.elements?.last
      return took?["windows"]?["1m"]?["count"] == 3 ? listed : nil
    }
    let reports = try #require(try expectSchema("metrics", listed.standardOutput).first?.elements)
    #expect(reports.map { $0["name"] } == ["signups", "signups", "took"], "\(listed)")
    #expect(reports[0]["value"] == 2 && reports[0]["labels"]?["plan"] == "free", "\(listed)")
    let table = try await run("list", "--application", "acme", token: reader)
    #expect(table.standardOutput.contains("plan=free") && table.standardOutput.contains("0.20"), "\(table)")

    // What is refused changes nothing, and says why.
    let refusals: [([String], String, Int32, String)] = [
      (["record", "signups", "1", "--application", "acme"], reader, 4, "write"),
      (["record", "signups", "1", "--application", "other"], writer, 4, "not for you"),
      (["list", "--application", "other"], reader, 4, "not for you"),
      (["list"], writer, 4, "administrators"),
      (["record", "sign-ups", "1", "--application", "acme"], writer, 2, "letters, digits"),
      (["record", "--application", "acme", "signups", "--", "-1"], writer, 4, "not negative"),
      (["record", "signups", "1", "--application", "acme", "--kind", "gauge"], writer, 4, "another kind"),
      (["record", "signups", "nan", "--application", "acme"], writer, 2, "finite"),
      (["record", "signups", "1", "--application", "acme", "--label", "x"], writer, 2, "NAME=VALUE"),
    ]
    for (arguments, token, status, reason) in refusals {
      let refused = try await outcome(
        of: ChildProcess(
          TestFiles.syncctl, ["metrics", arguments[0], "--url", url] + arguments.dropFirst(),
          environment: ["SYNCCTL_TOKEN": token]))
      #expect(refused.status == status && refused.standardError.contains(reason), "\(arguments): \(refused)")
    }
    let after = try await run("list", "--application", "acme", "--json", token: reader)
    #expect(
      try expectSchema("metrics", after.standardOutput).first?.elements?.map { $0["value"] }
        == reports.map { $0["value"] })
  }

  @Test("Prometheus reads what is measured, with an administrator's token where access is checked")
  func prometheus() async throws {
    let relay = try await Relay.start(store: folder.file("store.sqlite"), options: ["--jwt-secret", secret])
    #expect(try await page("/metrics", of: relay).status == 401)
    #expect(try await page("/metrics", of: relay, token: try await token("*=write")).status == 403)
    let (status, text) = try await page("/metrics", of: relay, token: try await token("*=admin"))
    #expect(status == 200 && text.contains("# TYPE sync_delivery_seconds histogram\n"), "\(text)")
    let line = /[a-z_]+(\{[a-zA-Z_]+="[^"]*"(,[a-zA-Z_]+="[^"]*")*\})? -?[0-9.e+-]+|[a-z_]+\{.*\} NaN/
    for row in text.split(separator: "\n") where !row.hasPrefix("# TYPE ") {
      #expect(try line.wholeMatch(in: row) != nil, "\(row)")
    }
  }

  @Test("An alert fires and resolves once, by rules of a file, and replicates to a linked relay")
  func alerts() async throws {
    let rules = folder.file("rules.json")
    try Data(
      """
      [{"name": "crowded", "application": "acme", "metric": "queue", "threshold": 10, "clear": 5, "seconds": 0.5,
        "severity": "critical"}]
      """.utf8
    ).write(to: rules)
    #expect(try await syncctl("alerts", "check", rules.path).standardOutput == "1 rule: all make sense\n")
    let other = try await Relay.start(store: folder.file("other.sqlite"), tcpPort: 0)
    let relay = try await Relay.start(
      store: folder.file("store.sqlite"), peers: ["tcp://127.0.0.1:\(try #require(other.tcpPort))"],
      options: ["--alert-rules", rules.path, "--alert-user", "ops"])
    let url = "http://127.0.0.1:\(relay.port)"
    func set(_ value: Int) async throws {
      let outcome = try await syncctl(
        "metrics", "record", "queue", "\(value)", "--application", "acme", "--kind", "gauge", "--url", url)
      #expect(outcome.status == 0, "\(outcome)")
    }
    func states(_ arguments: String...) async throws -> [JSON?] {
      let outcome = try await outcome(of: ChildProcess(TestFiles.syncctl, ["alerts", "list", "--json"] + arguments))
      return try expectSchema("alerts", outcome.standardOutput).first?.elements?.map { $0["state"] } ?? []
    }
    // Up and down around the threshold, but never good.
    try await set(11)
    try await eventually("it fires") { try await states("--url", url, "--firing") == ["firing"] }
    for value in [9, 12, 7, 11] { try await set(value) }
    try await set(3)
    try await eventually("it resolves") { try await states("--url", url) == ["resolved"] }
    #expect(try await states("--url", url, "--firing").isEmpty)
    try await eventually("the other relay knows") {
      try await states("--store", other.store.path) == ["resolved"]
    }
    let events = try await syncctl("show", "system", "--path", "events", "--store", other.store.path, "--json").json()
    #expect(events.elements?.map { $0["value"]?["state"] } == ["firing", "resolved"], "\(events)")
    try await eventually("who wants to know is told") {
      let told = try await syncctl("notifications", "list", "ops", "--url", url, "--json")
      let titles = try expectSchema("notifications", told.standardOutput).first?["notifications"]?.elements?.map {
        $0["title"]
      }
      return titles == ["crowded resolved"]
    }
    let table = try await syncctl("alerts", "list", "--url", url)
    #expect(table.standardOutput.contains("resolved  critical  crowded"), "\(table)")
    let listed = try await syncctl("alerts", "rules", "--url", url, "--json")
    #expect(try expectSchema("alert-rules", listed.standardOutput).first?[0]?["name"] == "crowded")
    let defaults = try await syncctl("alerts", "rules", "--json")
    let written = folder.file("defaults.json")
    try Data(defaults.standardOutput.utf8).write(to: written)
    #expect(try await syncctl("alerts", "check", written.path).status == 0)

    for (text, reason) in [
      ("", "no JSON"), ("{}", "no array"), (#"[{"name": "x"}]"#, "rule 1: `metric` is missing"),
      (#"[{"name": "x", "metric": "y", "threshold": "1"}]"#, "rule 1: `threshold` is of another kind"),
      (#"[{"name": "x", "metric": "y", "threshold": 1, "window": "2m"}]"#, "rule 1: `window` is unknown"),
      (#"[{"name": "x", "metric": "y", "threshold": 1, "clear": 2}]"#, "rule x: `clear` is not above"),
    ] {
      try Data(text.utf8).write(to: rules)
      for arguments in [
        ["alerts", "check", rules.path], ["serve", "--ephemeral", "--port", "0", "--alert-rules", rules.path],
      ] {
        let refused = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments))
        #expect(refused.status == 2 && refused.standardError.contains(reason), "\(text): \(refused)")
      }
    }
  }
}
