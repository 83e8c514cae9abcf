import Foundation
import Synchronization

/// A program started by a test. It is killed, if it still runs, when the last reference to it goes.
final class ChildProcess: Sendable {
  /// Held while a process starts. Foundation learns of a child's end from a socket that other children inherit when they
  /// start at the same moment; it would then wait for their end too.
  private static let starting = Mutex(())

  private let process = Process()
  private let input = Pipe()
  private let output: CollectedOutput
  private let errors: CollectedOutput

  /// Starts `executable`.
  /// - Parameter environment: what is added to the environment of the tests.
  init(_ executable: URL, _ arguments: [String], environment: [String: String] = [:]) throws {
    // A child that dies must show as a failed write, not end the tests.
    Foundation.signal(SIGPIPE, SIG_IGN)
    output = try CollectedOutput()
    errors = try CollectedOutput()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, added in added }
    process.standardInput = input
    process.standardOutput = output.writer
    process.standardError = errors.writer
    try Self.starting.withLock { _ in try process.run() }
    // Foundation keeps what a process was started with for good. Its way to start another one breaks when some 1,350 files
    // are open (it reads beyond the end of what the system lists), so each is closed here.
    try output.writer.close()
    try errors.writer.close()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? input.fileHandleForWriting.close()
  }

  /// Writes one line to the standard input.
  func send(_ line: Data) throws {
    try input.fileHandleForWriting.write(contentsOf: line + [UInt8(ascii: "\n")])
  }

  /// Ends the standard input.
  func closeInput() throws { try input.fileHandleForWriting.close() }

  var id: pid_t { process.processIdentifier }

  func signal(_ signal: Int32) {
    kill(process.processIdentifier, signal)
  }

  /// Line `index` of the standard output, nil while it has not been written.
  func line(_ index: Int) -> Data? { output.line(index) }

  var standardOutput: String { output.text }
  var standardError: String { errors.text }

  /// The status that the process left with, nil while it runs.
  /// A process that a signal ended has the signal's number plus 128, as in a shell.
  var exitStatus: Int32? {
    guard !process.isRunning else { return nil }
    return process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
  }

  /// Waits for the process to end by itself.
  @discardableResult
  func waitForExit() async throws -> Int32 {
    try await eventually("process \(process.processIdentifier) ends") { exitStatus }
  }
}

/// What a process writes to one of its streams.
///
/// It goes to a file without a name and not through a pipe: a pipe's end comes only when all processes that were started
/// meanwhile, and inherited it, have ended too.
private final class CollectedOutput: Sendable {
  private struct State {
    let reader: FileHandle
    var lines: [Data] = []
    /// The start of a line whose end has not come yet.
    var partialLine = Data()

    mutating func read() {
      // A file that is open can be read.
      guard let data = try? reader.readToEnd(), !data.isEmpty else { return }
      var pieces = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      pieces[0] = partialLine + pieces[0]
      partialLine = Data(pieces.removeLast())
      lines += pieces.map { Data($0) }
    }
  }

  let writer: FileHandle
  private let state: Mutex<State>

  init() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "syncctl-tests-\(UUID().uuidString)")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    writer = try FileHandle(forWritingTo: file)
    state = Mutex(State(reader: try FileHandle(forReadingFrom: file)))
  }

  deinit {
    state.withLock { try? $0.reader.close() }
  }

  func line(_ index: Int) -> Data? {
    state.withLock { state in
      state.read()
      return state.lines.indices.contains(index) ? state.lines[index] : nil
    }
  }

  var text: String {
    state.withLock { state in
      state.read()
      let lines = state.lines + [state.partialLine]
      return lines.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }
  }
}
