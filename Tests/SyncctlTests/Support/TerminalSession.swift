import Foundation

/// A terminal with a program in it, as a person has it before them: by a `tmux` of its own, which goes with the last
/// reference.
final class TerminalSession: Sendable {
  private static let tmux = URL(filePath: "/usr/bin/env")

  private let folder: TemporaryFolder
  /// Holds the terminal; a program in it is hung up on when it ends.
  private let server: ChildProcess

  private struct Failure: Error {
    let message: String
  }

  /// Starts a line for the shell in a terminal of 80 columns.
  ///
  /// - Parameter environment: What programs in it find; nothing else that would change what they show.
  init(_ line: String, rows: Int = 24, environment: [String: String] = [:]) async throws {
    folder = try TemporaryFolder()
    server = try ChildProcess(
      TerminalSession.tmux, ["tmux", "-u", "-D", "-f", "/dev/null", "-S", folder.file("tmux").path],
      environment: ["LC_ALL": "C.UTF-8"])
    let added = environment.sorted { $0.key < $1.key }.map { "\($0.key)='\($0.value)'" }
    let variables = ["-u NO_COLOR", "-u PAGER", "-u LESS", "LC_ALL=C.UTF-8"] + added
    // Keys that interrupt are for the line's programs, and end no shell around them.
    let quoted = "'trap : INT; \(line.replacing("'", with: #"'\''"#))'"
    // What it left on the screen stays there.
    let script =
      "trap : INT; env \(variables.joined(separator: " ")) sh -c \(quoted); echo $? > \(folder.file("status").path); cat"
    let file = folder.file("script")
    try Data(script.utf8).write(to: file)
    try await eventually("tmux starts: \(server.standardError)") {
      try await attempt(["new-session", "-d", "-x", "80", "-y", "\(rows)", "sh", file.path]).status == 0
    }
  }

  private func attempt(_ arguments: [String]) async throws -> Outcome {
    try await outcome(
      of: ChildProcess(
        TerminalSession.tmux, ["tmux", "-u", "-N", "-S", folder.file("tmux").path] + arguments,
        environment: ["LC_ALL": "C.UTF-8"]))
  }

  private func run(_ arguments: [String]) async throws -> String {
    let outcome = try await attempt(arguments)
    guard outcome.status == 0 else { throw Failure(message: "\(arguments): \(outcome)") }
    return outcome.standardOutput
  }

  /// What is on the screen, without blanks at the ends of lines.
  func screen() async throws -> String { try await run(["capture-pane", "-p", "-t", "0"]) }

  /// What is on the screen, with what a terminal is told of colours.
  func styledScreen() async throws -> String { try await run(["capture-pane", "-p", "-e", "-t", "0"]) }

  /// Presses keys, by `tmux`'s names for them.
  func press(_ keys: String...) async throws { _ = try await run(["send-keys", "-t", "0"] + keys) }

  /// The status that the line left with, nil while it runs.
  var exitStatus: Int32? {
    guard let text = try? String(contentsOf: folder.file("status"), encoding: .utf8) else { return nil }
    return Int32(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// Waits for the line to end by itself.
  func waitForExit() async throws -> Int32 { try await eventually("the line ends") { exitStatus } }
}
