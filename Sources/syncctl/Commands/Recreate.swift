import ArgumentParser
import Logging
import SyncNode

/// Puts a room's document aside and begins anew.
struct Recreate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Put a room's document aside and begin anew with an empty one, on all relays that replicate it.",
    discussion: """
      The store must not be in use. Other relays follow when they are connected, and put their copies aside, too; what
      they or clients have written meanwhile stays out of the new document. `syncctl copies` lists what was put aside.
      """)

  @Argument(help: "The room's name, as it stands in its URL.")
  var room: String

  @OptionGroup var store: StoreOptions

  func run() async throws {
    // A room or a store that is not there is a mistake, and would be created.
    _ = try await store.replica.document(of: room)
    var configuration = Node.Configuration(store: .file(store.path))
    configuration.logger.logLevel = .error
    do {
      let node = try Node(configuration)
      try await node.open(room).recreate()
      await node.stop()
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }
}
