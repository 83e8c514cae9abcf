import Foundation

/// A program that shows a long text page by page: what is written to stdout goes to it instead of to the terminal.
struct Pager {
  private let program: TerminalProgram

  /// What the environment names, else `less` if there is one; nil where pages are not wanted.
  private static var command: String? {
    let environment = ProcessInfo.processInfo.environment
    // There, less asks whether to go on.
    guard environment["TERM"] != "dumb" else { return nil }
    if let named = environment["PAGER"] { return named.isEmpty || named == "cat" ? nil : named }
    let folders = (environment["PATH"] ?? "").split(separator: ":")
    return folders.contains { access("\($0)/less", X_OK) == 0 } ? "less" : nil
  }

  /// Takes stdout over.
  ///
  /// - Returns: Nil where there is no pager, or none can be started; stdout is the terminal still.
  init?() {
    guard let command = Pager.command else { return nil }
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    // Its input must not stay open in the pager itself, or it would never end.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    // Ends at once when all fits on the screen, lets colours through, and leaves what it showed there.
    setenv("LESS", "FRX", 0)
    let program = TerminalProgram(command, [command], input: ends[0])
    close(ends[0])
    defer { close(ends[1]) }
    guard let program, dup2(ends[1], STDOUT_FILENO) >= 0 else { return nil }
    // Keys that interrupt are the pager's; when it has ended, the next write says so.
    for number in TerminalProgram.interrupts { signal(number, SIG_IGN) }
    signal(SIGPIPE, SIG_IGN)
    self.program = program
  }

  /// Says that all is written, and waits until it was read.
  func end() {
    close(STDOUT_FILENO)
    _ = program.wait()
  }
}
