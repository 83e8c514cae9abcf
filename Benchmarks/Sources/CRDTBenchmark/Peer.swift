import Foundation

/// Another implementation, which runs beside ours.
struct Peer: Hashable, Sendable {
  /// What one run of a peer gave.
  struct Results: Decodable {
    /// What ran, with its versions.
    let version: String
    /// By the name of the operation; what a peer cannot do is left out.
    let samples: [String: [Double]]
    /// What a case's document holds at the end.
    let contents: String?
  }

  struct Failed: Error, CustomStringConvertible {
    let description: String
  }

  let name: String
  private let program: String
  private let arguments: [String]

  /// Yjs on node, which also prepares the workloads of traces.
  static let yjs = Peer(name: "Yjs", program: "node", arguments: ["--expose-gc", script("yjs.js")])
  /// yrs through Python: its native time for what is one call, with Python's share where calls are many.
  static let yrs = Peer(name: "yrs", program: python, arguments: [script("yrs.py")])

  /// `CRDT_PYTHON`, else that of the package's virtual environment, else the system's.
  private static var python: String {
    let environment = package.appending(path: ".venv/bin/python").path
    let fallback = FileManager.default.isExecutableFile(atPath: environment) ? environment : "python3"
    return ProcessInfo.processInfo.environment["CRDT_PYTHON"] ?? fallback
  }

  private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func script(_ name: String) -> String {
    package.appending(path: "Benchmarks/Peers/\(name)").path
  }

  /// Whether the peer can run here.
  var isInstalled: Bool { (try? version) != nil }

  /// What runs, with its versions.
  var version: String { get throws { try run("version", []).version } }

  /// Measures the operations of a trace, after a warm-up. Yjs reads `trace` and writes the workload's files to `folder`;
  /// others read those.
  func measure(trace: URL, folder: URL, runs: Int) throws -> Results {
    try run("trace", [trace.path, folder.path, "\(runs)"])
  }

  /// Measures a case, after a warm-up.
  func measure(case file: URL, runs: Int) throws -> Results { try run("case", [file.path, "\(runs)"]) }

  private func run(_ command: String, _ further: [String]) throws -> Results {
    try JSONDecoder().decode(Results.self, from: Self.output(of: program, arguments + [command] + further))
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
      throw Failed(description: "\(program) \(arguments.joined(separator: " ")) failed; is the peer installed?")
    }
    return output
  }
}
