import Foundation

/// Writes a Swift file that holds other files: `pack-files TYPE OUTPUT PATH FILE…`, each file behind its path.
///
/// As text in base64, since the compiler takes minutes for an array of half a million numbers, and no time for text.
@main
enum PackFiles {
  static func main() throws {
    var arguments = CommandLine.arguments.dropFirst()
    guard let type = arguments.popFirst(), let output = arguments.popFirst(), arguments.count.isMultiple(of: 2) else {
      throw CocoaError(.formatting)
    }
    var lines = [
      "/// Packed by Plugins/PackDashboard.", "enum \(type) {", "  /// The files by path, in base64.",
      "  static let files: [(path: StaticString, content: StaticString)] = [",
    ]
    while let path = arguments.popFirst(), let file = arguments.popFirst() {
      let content = try Data(contentsOf: URL(filePath: file)).base64EncodedString()
      lines.append("    (\"\(path)\", \"\(content)\"),")
    }
    lines += ["  ]", "}", ""]
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: output))
  }
}
