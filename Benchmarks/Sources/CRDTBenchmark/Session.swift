import CRDT
import Foundation

/// One run of the program: what is measured where, and with whom.
struct Session {
  let options: Options
  /// For files that peers read or write.
  let scratch: URL
  /// Those that can run here.
  let peers: [Peer]

  /// The machine and the programs, in a line.
  var machine: String {
    Report.machine(versions: peers.compactMap { try? $0.version })
  }

  /// Prints a table for each trace.
  ///
  /// - Returns: How many gave wrong results.
  func report(_ traces: [URL]) throws -> Int {
    var failures = 0
    for file in traces {
      let folder = scratch.appending(path: file.lastPathComponent)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      // Yjs is first, and prepares the workload for all.
      guard peers.first == .yjs else { throw Peer.Failed(description: "traces need Yjs; is node-yjs installed?") }
      let results = try peers.map { try $0.measure(trace: file, folder: folder, runs: options.peerRuns) }
      let workload = try Workload(name: file.lastPathComponent, folder: folder)
      failures += try tolerate {
        Report.print(Report.head(title(of: workload), peers))
        for operation in Operation.all where operation.applies(workload) {
          let row = Report.Row(
            title: operation.title, unit: operation.unit,
            ours: Samples(try (0..<options.runs).map { _ in try operation.sample(workload) }),
            peers: results.map { $0.samples[operation.name].map(Samples.init) })
          Report.print(Report.line(row))
        }
      }
      Report.print("")
    }
    return failures
  }

  private func title(of workload: Workload) -> String {
    let edits = workload.patches.map { "\($0.count) patches" } ?? workload.updates.map { "\($0.count) updates" }
    return "\(workload.name): \(edits ?? "one update"), \(workload.encoded.count) bytes as an update"
  }

  /// Prints a table of all cases.
  ///
  /// - Returns: How many gave wrong results.
  func report(_ cases: [Case]) throws -> Int {
    guard !cases.isEmpty else { return 0 }
    var failures = 0
    Report.print(Report.head("synthetic cases", peers))
    for subject in cases {
      failures += try tolerate { Report.print(Report.line(try measure(subject))) }
    }
    Report.print("")
    return failures
  }

  private func measure(_ subject: Case) throws -> Report.Row {
    let replicas = subject.makeReplicas()
    let file = scratch.appending(path: subject.name)
    try Data(subject.json(replicas).utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let ours = try (0..<options.runs).map { _ in try subject.sample(replicas) }
    let theirs = try peers.map { peer -> Samples? in
      guard subject.peers.contains(peer) else { return nil }
      let results = try peer.measure(case: file, runs: options.peerRuns)
      guard results.contents == ours[0].contents else {
        throw WrongResult(description: "\(subject.name): the contents differ from those of \(peer.name)")
      }
      return results.samples["case"].map(Samples.init)
    }
    return Report.Row(
      title: subject.title, unit: .milliseconds, ours: Samples(ours.map(\.milliseconds)), peers: theirs)
  }

  /// Says what was wrong, since all else can be measured all the same.
  ///
  /// - Returns: 1 for a wrong result, else 0.
  private func tolerate(_ body: () throws -> Void) throws -> Int {
    do {
      try body()
      return 0
    } catch let error as WrongResult {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      return 1
    }
  }
}
