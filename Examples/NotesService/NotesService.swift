import CRDT
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import SyncHTTP
import SyncNode
import Synchronization
import UnixSignals

/// A web service with an interface of its own, in which people edit notes together: a Hummingbird application that embeds a
/// node.
///
/// ```
/// GET  /api/notes/NAME    the note as text
/// POST /api/notes/NAME    appends the body, as if somebody had typed it
/// GET  /api/edits         how many edits this service has seen
/// ws://HOST:PORT/NAME     Yjs clients edit the note's text `body`: with ?token=editor, else they only read
/// ```
@main
struct NotesService {
  static func main() async throws {
    let port = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 8080
    let edits = Atomic<Int>(0)

    var configuration = Node.Configuration(store: .ephemeral)
    configuration.authorizer = Editors()
    configuration.hooks.onChange = { _ in edits.add(1, ordering: .relaxed) }
    configuration.hooks.validate = { proposed in
      guard proposed.update.count <= 10_000 else { throw AccessDenied("that is too much at once") }
    }
    let node = try Node(configuration)

    let router = Router()
    router.get("api/notes/:name") { _, context in
      let note = try await node.open(try context.parameters.require("name"))
      return try await note.read { $0.text("body").string } + "\n"
    }
    router.post("api/notes/:name") { request, context in
      let note = try await node.open(try context.parameters.require("name"))
      let text = String(buffer: try await request.body.collect(upTo: 10_000))
      try await note.edit { document in document.text("body").append(text) }
      return HTTPResponse.Status.noContent
    }
    router.get("api/edits") { _, _ in "\(edits.load(ordering: .relaxed))\n" }

    let application = Application(
      router: router, server: .rooms(of: node), configuration: .init(address: .hostname("127.0.0.1", port: port)),
      onServerRunning: { channel in
        // At once, also where the output is no terminal.
        let line = "listening on http://127.0.0.1:\(channel.localAddress?.port ?? port)\n"
        FileHandle.standardOutput.write(Data(line.utf8))
      },
      logger: Logger(label: "notes"))
    // Services stop in reverse: nobody connects any more when the node ends.
    let services = ServiceGroup(
      services: [node, application], gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "notes"))
    try await services.run()
  }
}

/// Lets everybody read, and editors write.
struct Editors: Authorizer {
  func grant(for request: AccessRequest) async throws -> Grant {
    guard let token = request.token else { return Grant(access: .read) }
    guard token == "editor" else { throw AccessDenied("no such token") }
    return Grant()
  }
}
