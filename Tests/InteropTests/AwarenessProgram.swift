import CRDT
import TestSupport

/// What some replicas of an awareness do, as data; `Drivers/PROTOCOL.md` describes the steps and the log.
struct AwarenessProgram {
  enum Action {
    case advance(milliseconds: UInt64)
    case set(Value)
    case setMember(String, Value)
    case remove([ClientID])
    case send([ClientID])
    case receive(index: Int)
    case check
  }

  let clients: [ClientID]
  var steps: [(replica: Int, action: Action)] = []

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var clients: [ClientID] = []
    while clients.count < 3 {
      let client = ClientID.random(using: &random)
      if !clients.contains(client) { clients.append(client) }
    }
    self.clients = clients
    // A client that left is remembered for ten timeouts here, and for ever elsewhere.
    var milliseconds = 10 * Awareness.timeoutMilliseconds - 1
    for _ in 0..<(20 + random.below(60)) {
      var action = Self.action(clients, &random)
      if case .advance(let wanted) = action {
        action = .advance(milliseconds: min(wanted, milliseconds))
        milliseconds -= min(wanted, milliseconds)
      }
      steps.append((random.below(clients.count), action))
    }
  }

  private static func action(_ clients: [ClientID], _ random: inout SeededGenerator) -> Action {
    let some = clients.filter { _ in !random.oneIn(3) }.shuffled(using: &random)
    switch random.below(16) {
    case 0: return .advance(milliseconds: random.pick([1, 2_999, 14_999, 15_000, 29_999, 30_000]))
    case 1: return .advance(milliseconds: UInt64(random.below(12_000)))
    case 2, 3: return .set(random.oneIn(3) ? .null : state(&random))
    case 4, 5: return .setMember(random.pick(["name", "cursor"]), member(&random))
    case 6: return .remove(some)
    case 7...9: return .send(some)
    case 10, 11: return .check
    default: return .receive(index: random.below(1_000))
    }
  }

  private static func state(_ random: inout SeededGenerator) -> Value {
    .object(
      ["name", "cursor"].shuffled(using: &random).filter { _ in !random.oneIn(4) }.map {
        Value.Member($0, member(&random))
      })
  }

  private static func member(_ random: inout SeededGenerator) -> Value {
    random.pick([nil, "Ada", "Bob", 2, 3, [2, 3], ["anchor": 4, "head": 5], ["head": 5, "anchor": 4]])
  }

  // MARK: Elsewhere

  func write(to request: inout ByteWriter) {
    write(clients, to: &request)
    request.writeVarUInt(UInt64(steps.count))
    for (replica, action) in steps {
      request.writeVarUInt(UInt64(replica))
      switch action {
      case .advance(let milliseconds):
        request.writeVarUInt(0)
        request.writeVarUInt(milliseconds)
      case .set(let value):
        request.writeVarUInt(1)
        request.writeVarString(value.jsonString())
      case .setMember(let name, let value):
        request.writeVarUInt(2)
        request.writeVarString(name)
        request.writeVarString(value.jsonString())
      case .remove(let clients):
        request.writeVarUInt(3)
        write(clients, to: &request)
      case .send(let clients):
        request.writeVarUInt(4)
        write(clients, to: &request)
      case .receive(let index):
        request.writeVarUInt(5)
        request.writeVarUInt(UInt64(index))
      case .check: request.writeVarUInt(6)
      }
    }
  }

  private func write(_ clients: [ClientID], to request: inout ByteWriter) {
    request.writeVarUInt(UInt64(clients.count))
    for client in clients { request.writeVarUInt(client.rawValue) }
  }

  // MARK: Here

  /// The log of the program run by this library.
  func run() throws -> [String] {
    var replicas = clients.map { Awareness(ownClient: $0) }
    var messages: [[UInt8]] = []
    var now: UInt64 = 1_000_000
    return try steps.map { replica, action in
      let said = try run(action, &replicas[replica], &messages, &now)
      return ([said] + replicas.map(describe)).joined(separator: " | ")
    }
  }

  private func run(
    _ action: Action, _ awareness: inout Awareness, _ messages: inout [[UInt8]], _ now: inout UInt64
  ) throws -> String {
    switch action {
    case .advance(let milliseconds): now += milliseconds
    case .set(let value): return describe(awareness.set(value, now: now).changes)
    case .setMember(let name, let value): return describe(awareness.set(name, to: value, now: now).changes)
    case .remove(let clients):
      var changes = "added  updated  () removed "
      changes += awareness.remove(clients, now: now).entries.map(\.client).sorted().map(\.description).joined(
        separator: ",")
      return changes
    case .send(let clients):
      messages.append(awareness.update(of: clients).encode())
      return hex(messages[messages.count - 1])
    case .receive(let index):
      guard !messages.isEmpty else { return "" }
      return try messages[index % messages.count].withUnsafeBytes { bytes in
        describe(awareness.apply(try AwarenessUpdate(decoding: bytes), now: now).changes)
      }
    case .check: return describe(awareness.check(now: now).changes)
    }
    return ""
  }

  private func describe(_ changes: AwarenessChanges) -> String {
    let written = { (clients: [ClientID]) in clients.sorted().map(\.description).joined(separator: ",") }
    return "added \(written(changes.added)) updated \(written(changes.updated)) (\(written(changes.visible.updated)))"
      + " removed \(written(changes.removed))"
  }

  private func describe(_ awareness: Awareness) -> String {
    awareness.update(of: clients.sorted()).entries
      .map { "\($0.client):\($0.clock):\(String(decoding: $0.state, as: UTF8.self))" }.joined(separator: " ")
  }
}

extension Driver {
  /// The log of the program run by the other implementation.
  func run(_ program: AwarenessProgram) throws -> [String] {
    try ask { request in
      request.writeVarUInt(42)
      program.write(to: &request)
    } read: { response in
      String(decoding: try response.readVarString(), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
  }
}
