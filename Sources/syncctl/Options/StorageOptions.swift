import ArgumentParser
import SyncNode

/// Where a relay keeps documents, and how safely.
struct StorageOptions: ParsableArguments {
  @Option(
    name: .customLong("store"),
    help: "The SQLite file for the documents, created if need be. (default: \(StoreOptions.defaultPath))")
  var path: String?

  @Flag(help: "Keep documents in memory only.")
  var ephemeral = false

  @Option(
    help: ArgumentHelp("What an acknowledged update survives: full, a power cut; normal, the end of the process."))
  var durability = Durability.full

  @Option(
    name: .customLong("compact-after"),
    help: ArgumentHelp("How many updates a room's log has when it is folded into a snapshot.", valueName: "updates"))
  var compactionUpdates = Compaction().updatesMax

  /// The store's file; nil where documents are in memory only.
  var file: String? { ephemeral ? nil : path ?? StoreOptions.defaultPath }

  func validate() throws {
    if ephemeral, path != nil { throw ValidationError("--store and --ephemeral exclude each other") }
    guard compactionUpdates > 0 else { throw ValidationError("--compact-after is at least 1 update") }
  }

  /// Sets what a node is to know of how it stores.
  func configure(_ configuration: inout Node.Configuration) {
    configuration.durability = durability
    configuration.compaction.updatesMax = compactionUpdates
  }
}

extension Durability: ExpressibleByArgument {}
