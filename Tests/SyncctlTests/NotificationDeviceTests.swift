import Foundation
import TestSupport
import Testing

/// Notifications by relays that run, with devices that are stock Yjs clients.
@Suite struct NotificationDeviceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A device of Ada's: both of her rooms, at a relay.
  private struct Device {
    let told: Client
    let own: Client

    init(_ name: String, of host: ClientHost, at relay: Relay, token: String? = nil) async throws {
      let shown = token.map { (way: TokenWay.parameter, text: $0) }
      told = try await host.open("\(name)-told", at: relay.url, room: "notifications:ada", token: shown)
      own = try await host.open("\(name)-own", at: relay.url, room: "user:ada", token: shown)
      for client in [told, own] { try await client.waitUntilSynced() }
    }

    /// The identifiers of what the device shows.
    func ids() async throws -> [String] {
      try await told.elements(of: "notifications").compactMap { entry in
        if case .string(let id)? = entry["value"]?["id"] { id } else { nil }
      }
    }

    func mark(_ id: String, in root: String) async throws {
      try await own.append(["time": 1, "value": .string(id)], to: root)
    }

    func disconnect() async throws { for client in [told, own] { try await client.disconnect() } }
    func connect() async throws { for client in [told, own] { try await client.connect() } }
  }

  private func run(_ arguments: String..., at relay: Relay, environment: [String: String] = [:]) async throws -> Outcome
  {
    try await outcome(
      of: ChildProcess(
        TestFiles.syncctl, arguments + ["--url", "http://127.0.0.1:\(relay.port)"], environment: environment))
  }

  private func id(_ outcome: Outcome) throws -> String {
    guard case .string(let id)? = try outcome.json()["notification"]?["id"] else {
      throw DeadlineExceeded(description: "no identifier in \(outcome)")
    }
    return id
  }

  @Test("What is read on an offline phone and archived on an offline laptop is both, on two linked relays")
  func devices() async throws {
    let first = try await Relay.start(store: folder.file("first.sqlite"), tcpPort: 0)
    let second = try await Relay.start(store: folder.file("second.sqlite"), peers: [first.tcpURL])
    let yjs = try ClientHost.yjs()
    let phone = try await Device("phone", of: yjs, at: first)
    let laptop = try await Device("laptop", of: yjs, at: second)
    var ids: [String] = []
    for title in ["one", "two", "three"] {
      ids.append(try id(await run("notify", "ada", title, "--category", "system", "--json", at: first)))
    }
    for device in [phone, laptop] { try await eventually("it is told live") { try await device.ids() == ids } }

    for device in [phone, laptop] { try await device.disconnect() }
    try await phone.mark(ids[0], in: "read")
    try await phone.mark(ids[1], in: "read")
    try await laptop.mark(ids[0], in: "archived")
    try await laptop.mark(ids[1], in: "read")
    // Told while nobody is there.
    let fourth = try id(await run("notify", "ada", "four", "--category", "user-action", "--json", at: second))
    for device in [laptop, phone] { try await device.connect() }
    for device in [phone, laptop] {
      try await eventually("the devices agree") {
        let (read, archived) = (
          try await device.own.elements(of: "read"), try await device.own.elements(of: "archived")
        )
        let told = try await device.ids()
        return read.count == 3 && archived.count == 1 && told == ids + [fourth]
      }
    }
    for relay in [first, second] {
      let list = try await run("notifications", "list", "ada", "--json", at: relay)
      let page = try #require(try expectSchema("notifications", list.standardOutput).first)
      guard case .array(let notifications)? = page["notifications"] else {
        Issue.record("\(list)")
        return
      }
      #expect(page["unreadCount"] == 2 && notifications.map { $0["title"] } == ["four", "three", "two", "one"])
      #expect(notifications.map { $0["readMilliseconds"] != nil } == [false, false, true, true])
      #expect(notifications.map { $0["archivedMilliseconds"] != nil } == [false, false, false, true])
    }
    // A command is one more device.
    let all = try await run("notifications", "read", "ada", "--all", "--json", at: second)
    #expect(try expectSchema("marks", all.standardOutput) == [["changed": 2, "unreadCount": 0]])
    try await eventually("the phone has it") { try await phone.own.elements(of: "read").count >= 4 }
    let again = try await run("notifications", "unread", "ada", ids[2], at: first)
    #expect(again.standardOutput == "1 marked; 1 unread\n", "\(again)")
  }

  @Test("What is marked on a relay that is cut off merges with what others mark meanwhile, and so do keys and mutes")
  func cutOff() async throws {
    let first = try await Relay.start(store: folder.file("first.sqlite"), tcpPort: 0)
    let second = try await Relay.start(store: folder.file("second.sqlite"), peers: [first.tcpURL])
    let build = ["--category", "performance", "--key", "build", "--json"]
    func notify(_ title: String, at relay: Relay) async throws -> String {
      try id(
        await outcome(
          of: ChildProcess(
            TestFiles.syncctl, ["notify", "ada", title, "--url", "http://127.0.0.1:\(relay.port)"] + build)))
    }
    func titles(at relay: Relay) async throws -> [JSON?] {
      guard
        case .array(let list)? = try await run("notifications", "list", "ada", "--json", at: relay).json()[
          "notifications"]
      else { return [] }
      return list.map { $0["title"] }
    }
    let old = try await notify("Build 41", at: first)
    try await eventually("it is there") { try await titles(at: second) == ["Build 41"] }
    second.process.signal(SIGTERM)
    #expect(try await second.process.waitForExit() == 0)
    // At rest, as on a phone without a network.
    let read = try await syncctl("notifications", "read", "ada", old, "--store", second.store.path)
    #expect(read.standardOutput == "1 marked; 0 unread\n", "\(read)")
    let muted = try await syncctl(
      "notifications", "preferences", "ada", "--mute", "sender:spam", "--store", second.store.path)
    #expect(muted.status == 0, "\(muted)")
    let offline = try await syncctl(
      "notify", "ada", "Build 42", "--category", "performance", "--key", "build", "--store", second.store.path)
    #expect(offline.standardOutput.hasPrefix("replaced "), "\(offline)")
    #expect(try await run("notifications", "archive", "ada", old, at: first).status == 0)
    let quiet = try await run(
      "notifications", "preferences", "ada", "--quiet", "22:00-07:00", "--zone", "Europe/Berlin", at: first)
    #expect(quiet.status == 0, "\(quiet)")

    let back = try await Relay.start(store: second.store, peers: [first.tcpURL])
    for relay in [first, back] {
      try await eventually("the newest of the key is there") { try await titles(at: relay) == ["Build 42"] }
      try await eventually("both marks and both choices are there") {
        let user = try await run("show", "user:ada", "--json", at: relay).json()
        return user["read"]?[0]?["value"] == .string(old) && user["archived"]?[0]?["value"] == .string(old)
          && user["preferences"]?["mute:sender:spam"] == true && user["preferences"]?["quiet"]?["from"] == "22:00"
      }
    }
    let last = try await notify("Build 43", at: first)
    #expect(last != old)
    try await eventually("the last is alone") { try await titles(at: back) == ["Build 43"] }
    let spam = try await run(
      "notify", "ada", "Buy", "--category", "system", "--sender", "spam", "--json", at: back)
    #expect(
      try expectSchema("notify", spam.standardOutput) == [
        ["outcome": "muted", "mutedBy": ["kind": "sender", "name": "spam"]]
      ])
  }

  @Test("A client that tells itself something is refused, and a sender that passes for another one")
  func forged() async throws {
    let secret = folder.file("secret.txt")
    try Data("a secret that nobody guesses, long enough\n".utf8).write(to: secret)
    let relay = try await Relay.start(store: folder.file("store.sqlite"), options: ["--jwt-secret", secret.path])
    func mint(_ subject: String, _ rule: String) async throws -> String {
      let outcome = try await syncctl(
        "token", "mint", "--secret", secret.path, "--subject", subject, "--lifetime", "1h", "--room", rule)
      return outcome.standardOutput.trimmingCharacters(in: .newlines)
    }
    let (ada, builds) = (try await mint("ada", "user:ada=write"), try await mint("builds", "notifications:*=write"))
    func notify(_ token: String, _ more: String...) async throws -> Outcome {
      try await outcome(
        of: ChildProcess(
          TestFiles.syncctl,
          ["notify", "ada", "Build 41", "--category", "performance", "--url", "http://127.0.0.1:\(relay.port)"] + more,
          environment: ["SYNCCTL_TOKEN": token]))
    }
    let told = try await notify(builds, "--json")
    #expect(try expectSchema("notify", told.standardOutput)[0]["notification"]?["sender"] == "builds", "\(told)")
    let phone = try await Device("phone", of: try ClientHost.yjs(), at: relay, token: ada)
    try await eventually("it is told") { try await phone.ids() == [id(told)] }
    try await phone.told.append(
      ["time": 1, "value": ["id": "x", "category": "system", "title": "forged", "sender": "builds"]],
      to: "notifications")
    let closure = try await eventually("the refusal") { try await phone.told.state().closures.first }
    #expect(closure == "4403 only reading is allowed here")
    for outcome in [try await notify(ada), try await notify(builds, "--sender", "root"), try await notify("forged")] {
      #expect(outcome.status == 4 && outcome.standardError.contains("refuses it"), "\(outcome)")
    }
    let list = try await run("notifications", "list", "ada", "--json", at: relay, environment: ["SYNCCTL_TOKEN": ada])
    #expect(try list.json()["notifications"]?[0]?["id"] == .string(id(told)), "\(list)")
    #expect(try list.json()["notifications"]?[1] == nil, "\(list)")
    // She may mark what she was told; who tells it may not.
    try await phone.mark(id(told), in: "read")
    try await eventually("it is read") {
      try await run("notifications", "list", "ada", "--json", at: relay, environment: ["SYNCCTL_TOKEN": ada])
        .json()["unreadCount"] == 0
    }
    let stranger = try await run(
      "notifications", "archive", "ada", "--all", at: relay, environment: ["SYNCCTL_TOKEN": builds])
    #expect(stranger.status == 4, "\(stranger)")
  }

  @Test("What makes no sense is refused in one line, whether by a relay or by a command at a store")
  func nonsense() async throws {
    let store = try RestingStore()
    #expect(try await store.fill("notes", "{}").status == 0)
    let relay = try await Relay.start(
      store: folder.file("store.sqlite"), options: ["--notification-category", "billing"])
    let url = "http://127.0.0.1:\(relay.port)"
    for place in [["--url", url], ["--store", store.file.path]] {
      func run(_ arguments: String...) async throws -> Outcome {
        try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + place))
      }
      #expect(try await run("notify", "ada", "Invoice", "--category", "billing").status == 0)
      for arguments in [
        ["notify", "ada", "x", "--category", "system", "--link", "javascript:alert(1)"],
        ["notify", "ada", "", "--category", "system"],
        ["notify", "ada", String(repeating: "x", count: 600), "--category", "system"],
        ["notify", "ada", "x", "--category", "system", "--body", String(repeating: "x", count: 9000)],
        ["notify", "ada", "x", "--category", "system", "--key", String(repeating: "x", count: 300)],
      ] {
        let refused = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + place))
        #expect(refused.status == 4, "\(refused)")
        #expect(refused.standardError.split(separator: "\n").count == 1, "\(refused)")
      }
      let missing = try await run("notifications", "read", "ada", "x")
      #expect(missing.status == 3 && missing.standardError.contains("no notification `x`"), "\(missing)")
      for arguments in [
        ["notifications", "read", "ada"], ["notifications", "list", "ada", "--limit", "0"],
        ["notifications", "list", "ada", "--state", "new"], ["notifications", "list", ""],
        ["notifications", "preferences", "ada", "--quiet", "22-7"],
        ["notifications", "preferences", "ada", "--mute", "mood:x"],
        ["notifications", "preferences", "ada", "--quiet", "22:00-07:00", "--zone", "Nowhere"],
        ["notifications", "preferences", "ada", "--digest", "system="],
      ] {
        let usage = try await outcome(of: ChildProcess(TestFiles.syncctl, arguments + place))
        #expect(usage.status == 2, "\(arguments): \(usage)")
      }
      let list = try await run("notifications", "list", "ada")
      #expect(
        list.standardOutput.split(separator: "\n").count == 2 && list.standardOutput.contains("Invoice"), "\(list)")
      let set = try await run(
        "notifications", "preferences", "ada", "--mute", "room:a:b", "--digest", "*=17:00,09:00", "--zone", "UTC",
        "--json")
      try expectSchema("preferences", set.standardOutput)
      #expect(
        try await run("notifications", "preferences", "ada").standardOutput
          == "muted: room a:b\ndigest: * at 09:00, 17:00, UTC\n")
      let undone = try await run("notifications", "preferences", "ada", "--unmute", "room:a:b", "--no-digest", "*")
      #expect(undone.standardOutput == "everything is told at once\n", "\(undone)")
    }
    let unknown = try await syncctl("notify", "ada", "x", "--category", "gossip", "--url", url)
    #expect(unknown.status == 4 && unknown.standardError.contains("billing"), "\(unknown)")
  }

  @Test("The documentation's device shows what is unread, marks it as read and tells what comes")
  func documentedDevice() async throws {
    let article = TestEnvironment.packageRoot.appending(path: "Sources/SyncNode/SyncNode.docc/Notifications.md")
    let text = try String(contentsOf: article, encoding: .utf8)
    let start = try #require(text.range(of: "```js\n")).upperBound
    let end = try #require(text[start...].range(of: "```")).lowerBound
    let script = folder.file("inbox.js")
    try Data(text[start..<end].utf8).write(to: script)
    let relay = try await Relay.start(store: folder.file("store.sqlite"))
    for (title, key) in [("Build 41", "build"), ("Build 42", "build"), ("Disk", "disk")] {
      #expect(
        try await run("notify", "ada", title, "--category", "performance", "--key", key, at: relay).status == 0)
    }
    #expect(try await run("notify", "ada", "Gone", "--category", "system", "--expires", "1s", at: relay).status == 0)
    try await eventually("one has expired") {
      try await run("notifications", "list", "ada", "--json", at: relay).json()["unreadCount"] == 2
    }
    let device = try ChildProcess(
      URL(filePath: "/usr/bin/env"), ["node", script.path, relay.url, "ada"],
      environment: ["NODE_PATH": TestFiles.nodePath])
    func lines() -> [Substring] { device.standardOutput.split(separator: "\n") }
    try await eventually("it shows what is unread: \(device.standardError)") { lines().count >= 2 }
    #expect(lines() == ["performance: Build 42 (with a sound)", "performance: Disk (with a sound)"])
    try await eventually("all is read") {
      try await run("notifications", "list", "ada", "--json", at: relay).json()["unreadCount"] == 0
    }
    #expect(try await run("notify", "ada", "Hello", "--category", "user-action", at: relay).status == 0)
    try await eventually("it tells what comes") { lines().last == "user-action: Hello (with a sound)" }
    device.signal(SIGKILL)
  }
}
