import ArgumentParser
import SyncNode

/// Checks a store as a whole.
struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check that all in a store is whole and can be read.",
    discussion: """
      Reads every page, every room's log and snapshot, and every copy that was put aside. What is wrong goes to stdout, a
      line each, and the exit code is 1 then. A relay at --url checks its own store, for administrators, while it goes on.
      """)

  @Flag(help: "Print JSON: an object with the numbers, and what is wrong as `findings`.")
  var json = false

  @OptionGroup var options: ReplicaOptions

  func run() async throws {
    let replica = try options.replica()
    let progress = Progress()
    defer { progress.end() }
    progress.note("checking SQLite's pages")
    let verification = try await replica.verify(progress)
    progress.end()
    if json {
      try Output.json(verification)
    } else {
      for finding in verification.findings { Output.line(Output.printable(finding)) }
      if verification.findings.isEmpty { Output.line(verification.summary) }
    }
    guard verification.findings.isEmpty else {
      throw Failure(
        .check,
        "the store \(replica.place) is damaged: try `syncctl repair`, or restore it from a backup; it was left as it is"
      )
    }
  }
}

extension StoreVerification {
  /// What was read, on one line.
  var summary: String { "whole: \(rooms) rooms, \(updates) updates and snapshots, \(bytes) bytes" }
}
