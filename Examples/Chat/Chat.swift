import ArgumentParser
import CRDT
import Foundation
import Logging
import ServiceLifecycle
import SyncNode

/// A chat without a server: each side is a node, and the conversation is a document that both have.
///
/// ```sh
/// swift run example-chat --name Ada --listen 9001
/// swift run example-chat --name Bob --connect tcp://127.0.0.1:9001
/// ```
/// What is typed while the other side is away goes over when it is back; with `--store`, also after a restart.
@main
struct Chat: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "example-chat", abstract: "Chat with others over TCP: one line is one message.")

  @Option(help: "What the others see.")
  var name: String

  @Option(help: "The port to listen on for others; 0 takes a free one.")
  var listen: UInt16?

  @Option(help: "Where somebody listens: tcp://HOST:PORT. May be repeated.")
  var connect: [String] = []

  @Option(help: "The SQLite file for the conversation. (default: none, it is gone with the process)")
  var store: String?

  func run() async throws {
    var configuration = Node.Configuration(store: store.map { .file($0) } ?? .ephemeral)
    configuration.logger.logLevel = .error
    configuration.peers = try connect.map { .init(try PeerAddress($0)) }
    let node = try Node(configuration)

    try await withThrowingTaskGroup(of: Void.self) { group in
      if let listen {
        let listener = PeerListener(node: node, address: try ListenAddress(port: Int(listen))) { port in
          say("listening on tcp://127.0.0.1:\(port)")
        }
        group.addTask { try await listener.run() }
      }
      let conversation = Conversation(room: try await node.open("chat"), name: name)
      group.addTask { await conversation.printMessages() }
      group.addTask { await conversation.printPeople() }
      try await conversation.sendLines()
      group.cancelAll()
    }
    await node.stop()
  }
}

/// The messages of a room: an array of values that nobody changes any more.
struct Conversation: Sendable {
  struct Message: Decodable {
    let id: UUID
    let from: String
    let text: String
  }

  let room: RoomHandle
  let name: String

  /// Sends each line of the standard input, to its end.
  func sendLines() async throws {
    room.setPresence(["name": .string(name)])
    for await line in Lines.ofStandardInput() where !line.isEmpty {
      let message: Value = ["id": .string(UUID().uuidString), "from": .string(name), "text": .string(line)]
      try await room.edit { document in document.array("messages").append(message) }
    }
    // Whoever is connected has stored it all, before this process ends.
    try await room.flushed()
  }

  /// Prints what others have written: what is there, and what comes.
  func printMessages() async {
    var printed: Set<UUID> = []
    let changes = room.changes
    func printNew() async {
      let all = try? await room.read { try $0.array("messages").decode([Message].self) }
      for message in all ?? [] where printed.insert(message.id).inserted && message.from != name {
        say("\(message.from): \(message.text)")
      }
    }
    await printNew()
    for await _ in changes { await printNew() }
  }

  /// Prints who comes and who goes.
  func printPeople() async {
    var known: Set<String> = [name]
    for await people in room.presence {
      let names = Set(people.values.compactMap { if case .string(let name) = $0["name"] { name } else { nil } })
      for name in names.subtracting(known).sorted() { say("* \(name) is here") }
      for name in known.subtracting(names).sorted() where name != self.name { say("* \(name) has left") }
      known = names.union([name])
    }
  }
}

/// Prints a line at once, also where the output is no terminal.
func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

/// Lines of text that come when they come.
enum Lines {
  static func ofStandardInput() -> AsyncStream<String> {
    AsyncStream { continuation in
      // Reading blocks, so it has a thread of its own.
      Thread.detachNewThread {
        while let line = readLine() { continuation.yield(line) }
        continuation.finish()
      }
    }
  }
}
