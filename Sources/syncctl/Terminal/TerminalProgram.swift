import Foundation

/// A program that has the terminal for a while: an editor, or what shows a long text page by page.
///
/// `Process` would take it out of the terminal's foreground, where it may not read a key.
struct TerminalProgram {
  /// What the keys send that interrupt. They are meant for the program; who starts it decides what they do meanwhile here.
  static let interrupts = [SIGINT, SIGQUIT]

  private let process: pid_t

  /// Starts a line for the shell.
  ///
  /// - Parameters:
  ///   - arguments: What stands for `$0`, `$1` and so on in the line.
  ///   - input: What it reads as its standard input; nil for the terminal.
  /// - Returns: Nil when there is no shell to start it with.
  init?(_ line: String, _ arguments: [String], input: CInt? = nil) {
    #if canImport(Darwin)
      var attributes: posix_spawnattr_t?
      var actions: posix_spawn_file_actions_t?
    #else
      var attributes = posix_spawnattr_t()
      var actions = posix_spawn_file_actions_t()
    #endif
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var interrupts = sigset_t()
    sigemptyset(&interrupts)
    for number in TerminalProgram.interrupts { sigaddset(&interrupts, number) }
    posix_spawnattr_setsigdefault(&attributes, &interrupts)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    if let input { posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) }

    let words: [UnsafeMutablePointer<CChar>?] = (["sh", "-c", line] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    guard posix_spawn(&process, "/bin/sh", &actions, &attributes, words, environ) == 0 else { return nil }
    self.process = process
  }

  /// Waits for its end.
  ///
  /// - Returns: Its status, 0 when all went well; nil when it is lost.
  func wait() -> CInt? {
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { return nil }
    }
    return status
  }
}
