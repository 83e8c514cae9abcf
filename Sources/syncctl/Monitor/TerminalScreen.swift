import Dispatch
import Foundation

/// The whole terminal for one command, until it ends: what was there before comes back then.
final class TerminalScreen {
  private let original: termios
  private let keys: any DispatchSourceRead
  private var isOver = false

  /// Takes the terminal.
  ///
  /// - Parameter onKey: Called for each key, on a thread of its own.
  /// - Returns: Nil when stdout is none.
  init?(onKey: @escaping @Sendable (UInt8) -> Void) {
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    var attributes = termios()
    tcgetattr(STDIN_FILENO, &attributes)
    original = attributes
    // Keys come at once, and are not shown; ^C is still one that ends.
    attributes.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSANOW, &attributes)
    keys = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: DispatchQueue(label: "keys"))
    keys.setEventHandler {
      var key: UInt8 = 0
      if read(STDIN_FILENO, &key, 1) == 1 { onKey(key) }
    }
    keys.activate()
    // The alternate screen, without a cursor.
    Output.text("\u{1B}[?1049h\u{1B}[?25l")
  }

  /// How many lines and columns there are.
  static var size: (lines: Int, columns: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return (24, 80) }
    return (Int(size.ws_row), Int(size.ws_col))
  }

  /// Shows lines from the top on, cut where they are too long, and nothing else.
  func show(_ lines: [String]) {
    let (count, columns) = TerminalScreen.size
    let cut = lines.prefix(count).map { "\(String($0.prefix(columns)))\u{1B}[K" }
    if !isOver { Output.text("\u{1B}[H" + cut.joined(separator: "\r\n") + "\u{1B}[J") }
  }

  /// Gives the terminal back.
  func end() {
    guard !isOver else { return }
    isOver = true
    keys.cancel()
    var attributes = original
    tcsetattr(STDIN_FILENO, TCSANOW, &attributes)
    Output.text("\u{1B}[?25h\u{1B}[?1049l")
  }
}
