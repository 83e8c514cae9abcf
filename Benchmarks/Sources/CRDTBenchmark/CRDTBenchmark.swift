import CRDT
import Foundation

/// Measures the core on editing traces and on synthetic cases, with Yjs and yrs beside it in the same run.
@main
enum CRDTBenchmark {
  static let usage = """
    usage: crdt-benchmark [--traces FOLDER] [--runs N] [--peer-runs N] [NAME]…
      --traces     folder of the traces; default: $TRACES, else ../shared/traces beside the package
      --runs       samples of each operation, default 15
      --peer-runs  samples of each operation of Yjs and yrs after a warm-up, default 3
      NAME         traces (file names in the folder) and cases (as in the tables); default: all
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
    let scratch = FileManager.default.temporaryDirectory.appending(path: "crdt-benchmark-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let session = Session(options: options, scratch: scratch, peers: [.yjs, .yrs].filter(\.isInstalled))
    Report.print(session.machine + "\n")
    let files = try options.traceFiles()
    if files.isEmpty && options.names.isEmpty {
      Report.print("no traces in \(options.traces.path) (--traces names another folder)\n")
    }
    let cases = Case.all.filter { options.names.isEmpty || options.names.contains($0.name) }
    let failures = try session.report(files) + session.report(cases)
    if failures > 0 { throw WrongResult(description: "\(failures) of \(files.count + cases.count) gave wrong results") }
  }
}
