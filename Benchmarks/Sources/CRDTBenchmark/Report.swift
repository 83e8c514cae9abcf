import BenchmarkSupport
import Foundation

/// Writes the figures as Markdown.
enum Report {
  /// One line of a table.
  struct Row {
    let title: String
    let unit: Operation.Unit
    let ours: Samples
    /// Of each peer, nil where it does not take part.
    let peers: [Samples?]
  }

  /// Writes a line at once: the next one may take a while, and somebody may be watching.
  static func print(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

  static func machine(versions: [String]) -> String {
    ([Machine.summary] + versions).joined(separator: "; ")
  }

  /// The lines above a table's rows.
  static func head(_ title: String, _ peers: [Peer]) -> String {
    let names = peers.flatMap { ["\($0.name) median", "min", "\($0.name) / CRDT"] }
    let header = "| operation | CRDT median | min | " + names.map { "\($0) | " }.joined()
    return "### \(title)\n\n\(header)\n|---|" + String(repeating: "---:|", count: 2 + names.count)
  }

  static func line(_ row: Row) -> String {
    let cells = row.peers.flatMap { peer -> [String] in
      guard let peer else { return ["–", "–", "–"] }
      let ratio = "×" + String(format: "%.1f", peer.median / row.ours.median)
      return [format(peer.median, row.unit), format(peer.minimum, row.unit), ratio]
    }
    let ours = [format(row.ours.median, row.unit), format(row.ours.minimum, row.unit)]
    return "| " + ([row.title] + ours + cells).joined(separator: " | ") + " |"
  }

  private static func format(_ value: Double, _ unit: Operation.Unit) -> String {
    switch unit {
    case .milliseconds: String(format: "%.2f ms", value)
    case .bytes: String(format: "%.2f MB", value / 1e6)
    }
  }
}
