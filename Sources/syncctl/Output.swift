import Foundation

/// Text on its way to the terminal.
enum Output {
  /// Writes `text` to stdout, at once.
  static func text(_ text: String) { bytes(Data(text.utf8)) }

  /// Writes `bytes` to stdout, at once. Ends the process when nobody reads any more, as after `| head`, and when they cannot
  /// be written.
  static func bytes(_ bytes: Data) {
    do {
      try FileHandle.standardOutput.write(contentsOf: bytes)
    } catch {
      let reason = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      if reason?.domain == NSPOSIXErrorDomain, reason?.code == Int(EPIPE) { exit(EXIT_SUCCESS) }
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
  /// - Parameter numbers: The columns that stand flush right.
  static func table(_ header: [String], _ rows: [[String]], numbers: Set<Int>) {
    for line in tableLines(header, rows, numbers: numbers) { self.line(line) }
  }

  /// The lines of ``table(_:_:numbers:)``.
  static func tableLines(_ header: [String], _ rows: [[String]], numbers: Set<Int>) -> [String] {
    let widths = header.indices.map { column in ([header] + rows).map(\.[column].count).max() ?? 0 }
    return ([header] + rows).map { row in
      let cells = row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        if numbers.contains(column) { return padding + row[column] }
        // Nothing follows the last column.
        return column + 1 == row.count ? row[column] : row[column] + padding
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
