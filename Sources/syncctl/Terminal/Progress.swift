import Dispatch
import Foundation
import Synchronization

/// What a command is at, on one line of stderr that goes again: from the first second on, and only on a terminal.
final class Progress {
  private let line = ProgressLine()
  private let timer: (any DispatchSourceTimer)?

  /// Begins to tell, if there is somebody to tell it to.
  init() {
    guard isatty(STDERR_FILENO) == 1 else {
      timer = nil
      return
    }
    let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "progress"))
    timer.schedule(deadline: .now() + 1, repeating: 0.2)
    timer.setEventHandler { [line] in line.update() }
    timer.activate()
    self.timer = timer
  }

  /// Says what is done now.
  func note(_ text: String) { line.note(text) }

  /// Says which of how many is done now.
  func note(_ work: String, _ index: Int, of count: Int, _ name: String) {
    note("\(work) \(index + 1) of \(count): \(Output.excerpt(name, characters: 40))")
  }

  /// Takes the line away. To be called before anything else is written.
  func end() {
    timer?.cancel()
    line.end()
  }
}

/// The line on the terminal, and what it is to say.
private final class ProgressLine: Sendable {
  private struct State {
    var text = ""
    /// What stands on the terminal now.
    var shown = ""
    var hasEnded = false
  }

  private let state = Mutex(State())

  func note(_ text: String) { state.withLock { $0.text = text } }

  func update() {
    state.withLock { state in
      guard !state.hasEnded, state.text != state.shown else { return }
      ProgressLine.write(state.text)
      state.shown = state.text
    }
  }

  func end() {
    state.withLock { state in
      if !state.shown.isEmpty { ProgressLine.write("") }
      state = State(hasEnded: true)
    }
  }

  /// Writes `text` over the line.
  private static func write(_ text: String) { FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8)) }
}
