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
  /// `Process` would take it out of the terminal's foreground, where it may not read a key.
  ///
  /// - Throws: ``Failure`` when it cannot be started, or says that it failed.
  func open(_ file: URL) throws(Failure) {
    // The keys that interrupt are the editor's.
    let handlers = [SIGINT, SIGQUIT].map { (signal: $0, handler: signal($0, SIG_IGN)) }
    defer { for (number, handler) in handlers { signal(number, handler) } }
    #if canImport(Darwin)
      var attributes: posix_spawnattr_t?
    #else
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var interrupts = sigset_t()
    sigemptyset(&interrupts)
    for (number, _) in handlers { sigaddset(&interrupts, number) }
    posix_spawnattr_setsigdefault(&attributes, &interrupts)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

    let arguments: [String] = ["sh", "-c", "\(command) \"$@\"", command, file.path(percentEncoded: false)]
    let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    var status: CInt = 0
    guard posix_spawn(&process, "/bin/sh", nil, &attributes, words, environ) == 0 else {
      throw Failure(.unreachable, "no shell to start the editor `\(Output.printable(command))` with")
    }
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { throw Failure(.unreachable, "the editor `\(Output.printable(command))` is lost") }
    }
    guard status == 0 else {
      throw Failure(
        .refused, "the editor `\(Output.printable(command))` failed, so nothing was changed: name another in $EDITOR")
    }
  }
}
