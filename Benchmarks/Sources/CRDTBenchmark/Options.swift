import Foundation

/// What the command line says.
struct Options {
  var traces: URL
  var runs = 15
  var peerRuns = 3
  /// Of traces and cases; empty means all.
  var names: [String] = []

  struct Malformed: Error {}

  init(_ arguments: some Sequence<String>) throws(Malformed) {
    let package = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folder = ProcessInfo.processInfo.environment["TRACES"]
    traces = folder.map { URL(filePath: $0) } ?? package.appending(path: "../shared/traces").standardized
    var iterator = arguments.makeIterator()
    while let argument = iterator.next() {
      switch argument {
      case "--traces": traces = URL(filePath: try Self.value(iterator.next()))
      case "--runs": runs = try Self.count(iterator.next())
      case "--peer-runs": peerRuns = try Self.count(iterator.next())
      case _ where argument.hasPrefix("-"): throw Malformed()
      default: names.append(argument)
      }
    }
  }

  /// The traces to measure, by name; empty when the folder is missing.
  /// - Throws: when a trace named on the command line is not there.
  func traceFiles() throws -> [URL] {
    guard names.isEmpty else {
      return try names.filter { name in !Case.all.contains { $0.name == name } }.map { name in
        let file = traces.appending(path: name)
        guard try file.checkResourceIsReachable() else { throw CocoaError(.fileNoSuchFile) }
        return file
      }
    }
    let all = (try? FileManager.default.contentsOfDirectory(at: traces, includingPropertiesForKeys: nil)) ?? []
    return all.filter { $0.pathExtension == "gz" || $0.pathExtension == "yjs" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
  }

  private static func value(_ argument: String?) throws(Malformed) -> String {
    guard let argument else { throw Malformed() }
    return argument
  }

  private static func count(_ argument: String?) throws(Malformed) -> Int {
    guard let argument, let count = Int(argument), count > 0 else { throw Malformed() }
    return count
  }
}
