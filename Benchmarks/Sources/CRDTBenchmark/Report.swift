import Foundation

/// Writes the figures as Markdown.
enum Report {
  /// One line of a table.
  struct Row {
    let operation: Operation
    let ours: Samples
    let peer: Samples
  }

  static func machine(yjsVersion: String) -> String {
    let processor = processorName() ?? "unknown processor"
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return "\(processor), \(cores) cores; \(version(of: "swift")); node \(version(of: "node")), Yjs \(yjsVersion)"
  }

  static func table(_ workload: Workload, _ rows: [Row]) -> String {
    let edits = workload.patches.map { "\($0.count) patches" } ?? workload.updates.map { "\($0.count) updates" }
    let title = "### \(workload.name): \(edits ?? "one update"), \(workload.encoded.count) bytes as an update"
    let header = """
      | operation | CRDT median | min | Yjs median | min | Yjs / CRDT |
      |---|---:|---:|---:|---:|---:|
      """
    let lines = rows.map { row in
      let cells = [row.ours.median, row.ours.minimum, row.peer.median, row.peer.minimum]
        .map { format($0, row.operation.unit) }
      let ratio = "×" + String(format: "%.1f", row.peer.median / row.ours.median)
      return "| " + ([row.operation.title] + cells + [ratio]).joined(separator: " | ") + " |"
    }
    return ([title, "", header] + lines).joined(separator: "\n") + "\n"
  }

  private static func format(_ value: Double, _ unit: Operation.Unit) -> String {
    switch unit {
    case .milliseconds: String(format: "%.2f ms", value)
    case .bytes: String(format: "%.2f MB", value / 1e6)
    }
  }

  private static func processorName() -> String? {
    #if os(Linux)
      let information = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
      let line = information?.split(separator: "\n").first { $0.hasPrefix("model name") }
      return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    #else
      let output = try? YjsPeer.output(of: "sysctl", ["-n", "machdep.cpu.brand_string"])
      return output.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
    #endif
  }

  /// The first line of what a program says to `--version`.
  private static func version(of program: String) -> String {
    let output = (try? YjsPeer.output(of: program, ["--version"])) ?? Data()
    return String(decoding: output.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
