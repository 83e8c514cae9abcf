import Foundation

/// What figures were taken on.
public enum Machine {
  /// The processor, its cores and the compiler, in a line.
  public static var summary: String {
    let processor = processorName() ?? "unknown processor"
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return "\(processor), \(cores) cores; \(version(of: "swift"))"
  }

  private static func processorName() -> String? {
    #if os(Linux)
      let information = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
      let line = information?.split(separator: "\n").first { $0.hasPrefix("model name") }
      return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    #else
      let output = try? output(of: "sysctl", ["-n", "machdep.cpu.brand_string"])
      return output.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
    #endif
  }

  /// The first line of what a program says to `--version`.
  private static func version(of program: String) -> String {
    let output = (try? output(of: program, ["--version"])) ?? Data()
    return String(decoding: output.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  private static func output(of program: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return output
  }
}

/// Writes a line at once: the next one may take a while, and somebody may be watching.
public func report(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
