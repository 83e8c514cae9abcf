import ArgumentParser
import CRDT
import Foundation
import SyncNode

/// Follows what happens in a room of a relay.
struct Watch: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Follow what is written to a room of a relay, and who is there.",
    discussion: """
      A line tells of an update and which clients wrote what it brings, of a client that comes, moves or leaves, or of a \
      message of the application. Clients are called by the `name` or the `user.name` of what they say of themselves. \
      The command ends by ^C, after --limit events, or with 3 when the relay ends the connection.
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @Option(help: ArgumentHelp("The relay, as in http://127.0.0.1:8787.", valueName: "address"))
  var url: NodeAddress

  @Option(help: ArgumentHelp("End after so many events.", valueName: "events"))
  var limit: Int?

  @Flag(help: "Print JSON: an object in each line.")
  var json = false

  @OptionGroup var access: NodeAccessOptions

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit is at least 1") }
  }

  func run() async throws {
    let node = try access.node(at: url)
    try await node.client(of: room) { client in
      let watched = try WatchedRoom(try await client.document())
      try await client.askForPresence()
      Output.note("watching `\(Output.printable(room))`")
      var told = 0
      while let event = try await client.next() {
        for event in try watched.receive(event) {
          if json { try Output.json(event) } else { Output.line(event.line) }
          told += 1
          if told == limit { return }
        }
      }
      throw Failure(.unreachable, "\(node.place) ended the connection: try again later")
    }
  }
}

/// What is known of a room that is watched.
private final class WatchedRoom {
  private let document: Document
  /// All that was ever in the document, so that what is repeated is not told again.
  private var known: ContentIDs
  private var awareness = Awareness()

  init(_ document: Document) throws {
    self.document = document
    known = try Update.contentIDs(of: document.encodeUpdate())
  }

  /// What an event comes to for those who watch: nothing, or several things.
  func receive(_ event: RoomClient.Event) throws -> [WatchEvent] {
    let milliseconds = Int64(Date().timeIntervalSince1970 * 1000)
    switch event {
    case .update(let update):
      return try receive(update).map { WatchEvent(milliseconds: milliseconds, kind: .change($0)) }
    case .presence(let update):
      let changes = awareness.apply(update, now: UInt64(max(milliseconds, 0))).changes.visible
      let told =
        changes.added.map { presence(of: $0, .here) } + changes.updated.map { presence(of: $0, .moved) }
        + changes.removed.map { presence(of: $0, .left) }
      for client in changes.removed { names[client] = nil }
      return told.map { WatchEvent(milliseconds: milliseconds, kind: .presence($0)) }
    case .stateless(let payload):
      return [WatchEvent(milliseconds: milliseconds, kind: .message(payload))]
    case .status: return []
    }
  }

  private func receive(_ update: [UInt8]) throws -> [WatchEvent.Change] {
    let told: ToldChanges
    let news: ContentIDs
    let isPending: Bool
    do {
      let ids = try Update.contentIDs(of: update)
      let pendingBefore = document.pending
      try document.apply(update)
      isPending = document.pending != nil && document.pending != pendingBefore
      news = ids.subtracting(known)
      known.formUnion(ids)
      told = ToldChanges(try document.changes(by: update, among: news))
    } catch {
      throw Failure(.check, "an update cannot be read (\(error))")
    }
    if told.isEmpty, !isPending { return [] }
    let clients = news.insertions.clients.sorted { $0.rawValue < $1.rawValue }
    return [
      WatchEvent.Change(
        clients: clients.map { WatchEvent.Client(client: $0.rawValue, name: names[$0]) }, bytes: update.count,
        told: told,
        isPending: isPending)
    ]
  }

  /// What clients are called, as long as they are there.
  private var names: [ClientID: String] = [:]

  private func presence(of client: ClientID, _ kind: WatchEvent.Presence.Kind) -> WatchEvent.Presence {
    let state = awareness.value(of: client)
    if let name = state?["user"]["name"].stringValue ?? state?["name"].stringValue { names[client] = name }
    return WatchEvent.Presence(
      client: WatchEvent.Client(client: client.rawValue, name: names[client]), kind: kind, state: state)
  }
}

/// What is told of one event.
private struct WatchEvent: Encodable {
  /// A client, and what it calls itself.
  struct Client: Encodable {
    let client: UInt64
    let name: String?

    var description: String { name.map { "\(Output.excerpt($0, characters: 40)) (\(client))" } ?? "client \(client)" }
  }

  /// Somebody wrote.
  struct Change: Encodable {
    /// Who wrote what the update brings; none when it only deletes.
    let clients: [Client]
    let bytes: Int
    let told: ToldChanges
    /// Whether something of it waits for updates that are not there.
    let isPending: Bool
  }

  /// Somebody came, moved or left.
  struct Presence: Encodable {
    enum Kind: String, Encodable {
      case here, moved, left
    }

    let client: Client
    let kind: Kind
    /// What the client says of itself; absent when it has left.
    let state: Value?
  }

  enum Kind {
    case change(Change)
    case presence(Presence)
    /// A message of the application.
    case message(String)
  }

  let milliseconds: Int64
  let kind: Kind

  private enum Key: String, CodingKey {
    case event, milliseconds, clients, bytes, isPending, client, name, state, payload
  }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: Key.self)
    try members.encode(milliseconds, forKey: .milliseconds)
    switch kind {
    case .change(let change):
      try change.told.encode(to: encoder)
      try members.encode("change", forKey: .event)
      try members.encode(change.clients, forKey: .clients)
      try members.encode(change.bytes, forKey: .bytes)
      try members.encode(change.isPending, forKey: .isPending)
    case .presence(let presence):
      try members.encode(presence.kind, forKey: .event)
      try members.encode(presence.client.client, forKey: .client)
      try members.encodeIfPresent(presence.client.name, forKey: .name)
      try members.encodeIfPresent(presence.state, forKey: .state)
    case .message(let payload):
      try members.encode("message", forKey: .event)
      try members.encode(payload, forKey: .payload)
    }
  }

  /// The event in one line.
  var line: String {
    let what =
      switch kind {
      case .change(let change): WatchEvent.text(of: change)
      case .presence(let presence): WatchEvent.text(of: presence)
      case .message(let payload): "message: \(Output.excerpt(payload, characters: 120))"
      }
    return "\(Output.time(milliseconds))  \(what)"
  }

  private static func text(of change: Change) -> String {
    let who = change.clients.isEmpty ? "somebody" : change.clients.map(\.description).joined(separator: ", ")
    let what = change.told.isEmpty ? "something that waits for updates that are not there" : change.told.summary
    return "\(who): \(what)"
  }

  private static func text(of presence: Presence) -> String {
    let who = presence.client.description
    let state = presence.state.map { Output.excerpt($0.jsonString(), characters: 120) } ?? "null"
    return switch presence.kind {
    case .here: "\(who) is here: \(state)"
    case .moved: "\(who) is at: \(state)"
    case .left: "\(who) left"
    }
  }
}
