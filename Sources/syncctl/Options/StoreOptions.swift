import ArgumentParser
import SyncNode

/// Where commands find a store that they read or write as a whole.
struct StoreOptions: ParsableArguments {
  /// The store of a relay that was not told of another.
  static let defaultPath = "syncctl.sqlite"

  @Option(name: .customLong("store"), help: "The store: its SQLite file.")
  var path = StoreOptions.defaultPath

  /// What is in it.
  var replica: StoreReplica { StoreReplica(path: path) }

  /// Opens the store for reading.
  func open() throws(Failure) -> StoreReader { try replica.open() }

  /// What `body` writes to the store, which must not be in use.
  ///
  /// - Throws: ``Failure``, or what `body` throws beside errors of the store.
  func write<Result>(
    history: Duration? = nil, createsMissing: Bool = false, _ body: (StoreWriter) throws -> Result
  ) async throws -> Result {
    try await replica.write(history: history, createsMissing: createsMissing, body)
  }
}
