import Foundation

/// A program that lets the user edit a file.
struct Editor {
  /// A line for the shell, to which the file's path is added.
  let command: String

  /// What the environment names, as other programs take it.
  static var fromEnvironment: Editor {
    let environment = ProcessInfo.processInfo.environment
    let named = ["VISUAL", "EDITOR"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
    return Editor(command: named ?? "vi")
  }

  /// Opens a file and waits for the editor to end.
  ///
  /// - Throws: ``Failure`` when it cannot be started, or says that it failed.
  func open(_ file: URL) throws(Failure) {
    // The keys that interrupt are the editor's.
    let handlers = TerminalProgram.interrupts.map { (signal: $0, handler: signal($0, SIG_IGN)) }
    defer { for (number, handler) in handlers { signal(number, handler) } }
    guard
      let program = TerminalProgram("\(command) \"$@\"", [command, file.path(percentEncoded: false)])
    else {
      throw Failure(.unreachable, "no shell to start the editor `\(Output.printable(command))` with")
    }
    guard let status = program.wait() else {
      throw Failure(.unreachable, "the editor `\(Output.printable(command))` is lost")
    }
    guard status == 0 else {
      throw Failure(
        .refused, "the editor `\(Output.printable(command))` failed, so nothing was changed: name another in $EDITOR")
    }
  }
}
