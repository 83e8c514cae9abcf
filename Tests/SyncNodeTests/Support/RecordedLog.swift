import Logging
import Synchronization

/// Keeps what a logger is told.
struct RecordedLog {
  /// A line of the log.
  struct Line: Sendable {
    let level: Logger.Level
    let message: String
    let metadata: [String: String]
  }

  private let handler = Handler()

  var logger: Logger {
    var logger = Logger(label: "test") { [handler] _ in handler }
    logger.logLevel = .trace
    return logger
  }

  var lines: [Line] { handler.lines.value.withLock { $0 } }

  func count(_ level: Logger.Level) -> Int { lines.count { $0.level == level } }

  private final class Lines: Sendable {
    let value = Mutex<[Line]>([])
  }

  private struct Handler: LogHandler {
    let lines = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
      lines.value.withLock { $0.append(Line(level: event.level, message: "\(event.message)", metadata: all)) }
    }
  }
}
