import ArgumentParser
import Foundation
import Synchronization

/// Text on its way to the terminal.
enum Output {
  private struct State {
    var isColored = false
    /// Whether a pager is to be started for what is written first.
    var isPaged = false
    var pager: Pager?
  }

  private static let state = Mutex(State())

  /// Does as a command is told about colours and pages.
  static func begin(_ command: any ParsableCommand) {
    let isColored = (command as? any ColoringCommand)?.coloring.color.isColored ?? false
    let isPaged = (command as? any PagingCommand).map { !$0.paging.isUnpaged && isatty(STDOUT_FILENO) == 1 } ?? false
    state.withLock { $0 = State(isColored: isColored, isPaged: isPaged) }
  }

  /// Waits until a pager has shown all that was written. Nothing more can be.
  static func end() {
    let pager = state.withLock { state in
      defer { state = State() }
      return state.pager
    }
    pager?.end()
  }

  /// `text` in a style, where output is coloured.
  static func styled(_ text: String, _ style: Style?) -> String {
    guard let style, !text.isEmpty, state.withLock({ $0.isColored }) else { return text }
    return style.applied(to: text)
  }

  /// Writes `text` to stdout, at once.
  static func text(_ text: String) { bytes(Data(text.utf8)) }

  /// Writes `bytes` to stdout, at once. Ends the process when nobody reads any more, as after `| head`, and when they cannot
  /// be written.
  static func bytes(_ bytes: Data) {
    // A command that works for long before it has anything to say is interrupted as usual, so a pager is started no sooner.
    state.withLock { state in
      if state.isPaged { state.pager = Pager() }
      state.isPaged = false
    }
    do {
      try FileHandle.standardOutput.write(contentsOf: bytes)
    } catch {
      let reason = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      if reason?.domain == NSPOSIXErrorDomain, reason?.code == Int(EPIPE) {
        end()
        exit(EXIT_SUCCESS)
      }
      Failure(.unreachable, "cannot write the result (\(reason?.localizedDescription ?? "\(error)"))").exit()
    }
  }

  /// Writes `text` and a line break to stdout, at once.
  static func line(_ text: String) { self.text("\(text)\n") }

  /// Writes a remark to stderr.
  static func note(_ text: String) { FileHandle.standardError.write(Data("syncctl: \(text)\n".utf8)) }

  /// Writes `value` as JSON in one line.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    line(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Writes rows under a header, in columns as wide as need be.
  ///
  /// - Parameters:
  ///   - numbers: The columns that stand flush right.
  ///   - dim: The columns that stay in the background.
  static func table(_ header: [String], _ rows: [[String]], numbers: Set<Int>, dim: Set<Int> = []) {
    for line in tableLines(header, rows, numbers: numbers, dim: dim) { self.line(line) }
  }

  /// The lines of ``table(_:_:numbers:dim:)``.
  static func tableLines(
    _ header: [String], _ rows: [[String]], numbers: Set<Int>, dim: Set<Int> = []
  ) -> [String] {
    let widths = header.indices.map { column in ([header] + rows).map(\.[column].count).max() ?? 0 }
    return ([header] + rows).enumerated().map { index, row in
      let cells = row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        let cell = styled(row[column], index == 0 ? .bold : dim.contains(column) ? .dim : nil)
        if numbers.contains(column) { return padding + cell }
        // Nothing follows the last column.
        return column + 1 == row.count ? cell : cell + padding
      }
      return cells.joined(separator: "  ")
    }
  }

  /// A time in milliseconds since 1970, to the second.
  static func time(_ milliseconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000).ISO8601Format()
  }

  /// The beginning of `text`, on one line and without what a terminal would act on.
  static func excerpt(_ text: String, characters: Int) -> String {
    let line = text.prefix(characters + 1).map { $0.isNewline ? "⏎" : $0 == "\t" ? " " : String($0) }
    return printable(line.count > characters ? line.prefix(characters).joined() + "…" : line.joined())
  }

  /// `name` without what a terminal would act on: peers choose the names of rooms.
  static func printable(_ name: String) -> String {
    String(
      String.UnicodeScalarView(
        name.unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
          default: scalar
          }
        }))
  }
}

/// A number with its noun.
func counted(_ count: some BinaryInteger, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
