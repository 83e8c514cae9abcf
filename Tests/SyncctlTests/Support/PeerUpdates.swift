import Foundation
import TestSupport

/// Updates by other implementations, with what those read in them.
struct YjsUpdates: Decodable {
  struct Described: Decodable {
    var name: String
    var v1: String
    var v2: String
    var structs: [JSON]
    var deletions: [JSON]
  }

  /// One of each kind of content, one from before version 13, one with a gap, one of nothing.
  var updates: [Described]
  /// Three of one client in a row, and what Yjs makes of all.
  var parts: [String]
  var partsV2: [String]
  var merged: String
  var mergedV2: String
  /// What is in the first of ``updates``.
  var text: String
  var stateVector: String
  var clocks: [[Double]]
  var snapshot: String
  var snapshotV2: String
  var relativePosition: String
  var item: JSON

  static func make() async throws -> YjsUpdates {
    let script = TestFiles.clientsFolder.appending(path: "make-updates.js").path
    let process = try ChildProcess(
      URL(filePath: "/usr/bin/env"), ["node", script], environment: ["NODE_PATH": TestFiles.nodePath])
    return try await read(process)
  }
}

struct YrsUpdates: Decodable {
  var update: String
  var stateVector: String
  var text: String

  static func make() async throws -> YrsUpdates {
    let script = TestFiles.clientsFolder.appending(path: "make_updates.py").path
    return try await read(try ChildProcess(TestFiles.python, [script]))
  }
}

private func read<Value: Decodable>(_ process: ChildProcess) async throws -> Value {
  let outcome = try await outcome(of: process)
  guard outcome.status == 0 else { throw DeadlineExceeded(description: "no updates: \(outcome)") }
  return try JSONDecoder().decode(Value.self, from: Data(outcome.standardOutput.utf8))
}

/// Runs `syncctl` with something on its standard input.
func syncctl(_ arguments: [String], input: Data) async throws -> Outcome {
  let process = try ChildProcess(TestFiles.syncctl, arguments)
  // The command line ends with a line break, which is white space to whoever reads text.
  try process.send(input)
  try process.closeInput()
  return try await outcome(of: process)
}
