import Foundation
import TestSupport

/// A store in a folder of its own, and `syncctl` on it.
struct RestingStore {
  let folder: TemporaryFolder
  let file: URL

  init() throws {
    folder = try TemporaryFolder()
    file = folder.file("store.sqlite")
  }

  /// Runs a command on the store.
  func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Outcome {
    try await outcome(
      of: ChildProcess(TestFiles.syncctl, arguments + ["--store", file.path], environment: environment))
  }

  func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

  /// What a room shows.
  func show(_ room: String) async throws -> JSON { try await run("show", room, "--json").json() }

  /// Makes a room say what JSON says.
  ///
  /// - Returns: How the command ended.
  func fill(_ room: String, _ json: String) async throws -> Outcome {
    let content = folder.file("content.json")
    try Data(json.utf8).write(to: content)
    return try await run("import", room, content.path)
  }
}
