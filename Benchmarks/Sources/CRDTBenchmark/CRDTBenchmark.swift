import CRDT
import Foundation

/// Measures the core on editing traces, with Yjs beside it in the same run.
@main
enum CRDTBenchmark {
  static let usage = """
    usage: crdt-benchmark [--traces FOLDER] [--runs N] [--peer-runs N] [TRACE]…
      --traces     folder of the traces; default: $TRACES, else ../shared/traces beside the package
      --runs       samples of each operation, default 15
      --peer-runs  samples of each operation of Yjs after a warm-up, default 3
      TRACE        file names; default: all traces in the folder
    """

  static func main() {
    do {
      try run(Options(CommandLine.arguments.dropFirst()))
    } catch is Options.Malformed {
      print(usage)
      exit(2)
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ options: Options) throws {
    let files = try options.traceFiles()
    guard !files.isEmpty else {
      print("skipped: no traces in \(options.traces.path) (--traces names another folder)")
      return
    }
    let scratch = FileManager.default.temporaryDirectory.appending(path: "crdt-benchmark-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: scratch) }
    var failures = 0
    for (index, file) in files.enumerated() {
      let folder = scratch.appending(path: file.lastPathComponent)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let peer = try YjsPeer.run(trace: file, folder: folder, runs: options.peerRuns)
      if index == 0 { print(Report.machine(yjsVersion: peer.version), terminator: "\n\n") }
      let workload = try Workload(name: file.lastPathComponent, folder: folder)
      do {
        print(Report.table(workload, try measure(workload, runs: options.runs, peer: peer)))
      } catch let error as WrongResult {
        // The other traces can be measured all the same.
        FileHandle.standardError.write(Data("error: \(error)\n".utf8))
        failures += 1
      }
    }
    if failures > 0 { throw WrongResult(description: "\(failures) of \(files.count) traces gave wrong results") }
  }

  private static func measure(_ workload: Workload, runs: Int, peer: YjsPeer.Results) throws -> [Report.Row] {
    try Operation.all.filter { $0.applies(workload) }.map { operation in
      let ours = try (0..<runs).map { _ in try operation.sample(workload) }
      guard let theirs = peer.samples[operation.name] else {
        throw YjsPeer.Failed(description: "the Yjs peer did not measure \(operation.name)")
      }
      return Report.Row(operation: operation, ours: Samples(ours), peer: Samples(theirs))
    }
  }
}
