import Foundation

/// Yjs on node, which also prepares the workload.
struct YjsPeer {
  /// What one run of the peer gave.
  struct Results: Decodable {
    /// Of Yjs.
    let version: String
    /// By the name of the operation.
    let samples: [String: [Double]]
  }

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  /// Measures Yjs on `trace`, after a warm-up, and writes the workload's files to `folder`.
  static func run(trace: URL, folder: URL, runs: Int) throws -> Results {
    let script = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Peers/yjs.js").path
    let arguments = ["--expose-gc", script, trace.path, folder.path, "\(runs)"]
    return try JSONDecoder().decode(Results.self, from: output(of: "node", arguments))
  }

  /// The standard output of a program found by `PATH`.
  static func output(of program: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    // Where Debian's node packages lie, unless the environment names another folder.
    process.environment = ["NODE_PATH": "/usr/share/nodejs"].merging(ProcessInfo.processInfo.environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failed(description: "\(program) \(arguments.joined(separator: " ")) failed; is node-yjs installed?")
    }
    return output
  }
}
