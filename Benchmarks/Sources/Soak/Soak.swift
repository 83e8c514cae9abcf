import BenchmarkSupport
import CRDT
import Foundation
import SocketClients
import Synchronization

/// Lets many clients come and go at a relay for a long time, and says whether it stayed as it was.
@main
enum Soak {
  static func main() async {
    do {
      let options = try Options(CommandLine.arguments.dropFirst())
      exit(try await run(options) ? 0 : 1)
    } catch is Options.Malformed {
      print(Options.usage)
      exit(2)
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func run(_ options: Options) async throws -> Bool {
    try FileManager.default.createDirectory(atPath: options.folder, withIntermediateDirectories: true)
    let relay = try Relay(options.relay, folder: options.folder, clients: options.clients)
    report("\(Machine.summary); \(options.clients) clients, \(options.minutes) minutes\n\n\(Sample.header)")
    let ledger = Ledger()
    let rooms = max(1, options.clients / 10)
    let samples = await soak(relay, rooms: rooms, options, ledger)
    try write(samples, to: options.folder)
    var flaws = flaws(in: samples)
    if relay.isRunning {
      flaws += try await missing(ledger.acknowledged, port: relay.port)
      if await !relay.stop() { flaws.append("the relay did not end cleanly") }
    } else {
      flaws.append("the relay has ended")
    }
    report("\n\(options.folder)/soak.csv, \(options.folder)/soak.svg")
    report(flaws.isEmpty ? "verdict: passed" : "verdict: failed: \(flaws.joined(separator: "; "))")
    return flaws.isEmpty
  }

  private static func soak(_ relay: Relay, rooms: Int, _ options: Options, _ ledger: Ledger) async -> [Sample] {
    let start = ContinuousClock.now
    let deadline = start + .seconds(options.minutes * 60)
    let interval = Duration.seconds(min(10, options.minutes * 60 / 20))
    let probes = Probes()
    return await withTaskGroup(of: Void.self) { group in
      for number in 0..<options.clients {
        group.addTask {
          // Not all at once.
          try? await Task.sleep(for: .seconds(.random(in: 0...min(30, options.minutes * 10))))
          await Visitor(number: number, port: relay.port, rooms: rooms, ledger: ledger).run(until: deadline)
        }
      }
      group.addTask {
        while ContinuousClock.now < deadline {
          probes.note(await relay.isHealthy())
          try? await Task.sleep(for: .seconds(1))
        }
      }
      var samples: [Sample] = []
      while ContinuousClock.now < deadline, relay.isRunning {
        try? await Task.sleep(for: interval)
        let (healthy, unhealthy) = probes.counts
        let sample = Sample(
          seconds: (ContinuousClock.now - start) / .seconds(1), residentMB: relay.residentMB, counts: ledger.take(),
          healthy: healthy, unhealthy: unhealthy)
        report(sample.line)
        samples.append(sample)
      }
      if !relay.isRunning { group.cancelAll() }
      return samples
    }
  }

  private static func write(_ samples: [Sample], to folder: String) throws {
    let table = ([Sample.header] + samples.map(\.line)).joined(separator: "\n") + "\n"
    try Data(table.utf8).write(to: URL(filePath: "\(folder)/soak.csv"))
    try Data(Plot(samples).svg.utf8).write(to: URL(filePath: "\(folder)/soak.svg"))
  }
}

// MARK: The verdict

extension Soak {
  /// How much more memory the last quarter may take than the second, beside what documents of that time hold.
  private static let growthMax = 1.25
  /// What documents may add to that, in bytes for each update.
  private static let bytesPerUpdate = 200.0

  private static func flaws(in samples: [Sample]) -> [String] {
    var flaws: [String] = []
    guard let last = samples.last, samples.count >= 8 else { return ["too few samples"] }
    if last.unhealthy > 0 { flaws.append("\(last.unhealthy) of \(last.unhealthy + last.healthy) probes failed") }
    if last.counts.lost > 0 { flaws.append("\(last.counts.lost) connections were lost") }
    if last.counts.acknowledged == 0 || last.counts.delivered == 0 { flaws.append("nothing was delivered") }
    let quarter = samples.count / 4
    let (second, fourth) = (samples[quarter..<2 * quarter], samples.suffix(quarter))
    func mean(_ samples: ArraySlice<Sample>) -> Double {
      samples.map(\.residentMB).reduce(0, +) / Double(samples.count)
    }
    let written = Double(last.counts.written - (second.first?.counts.written ?? 0))
    let allowed = mean(second) * growthMax + written * bytesPerUpdate / 1e6
    if !(mean(fourth) <= allowed) {
      flaws.append("memory grew from \(mean(second).text(1)) to \(mean(fourth).text(1)) MB")
    }
    report(
      "\nmemory: \(mean(second).text(1)) MB in the second quarter, \(mean(fourth).text(1)) in the last;"
        + " \(last.counts.acknowledged) updates acknowledged of \(last.counts.written),"
        + " \(last.counts.delivered) deliveries, p99 at worst \((samples.map(\.p99).filter(\.isFinite).max() ?? .nan).text(1)) ms;"
        + " \(last.healthy) probes answered, \(last.unhealthy) not")
    return flaws
  }

  /// What was acknowledged and is not there.
  private static func missing(_ acknowledged: [String: [String: Int]], port: Int) async throws -> [String] {
    var missing = 0
    for (room, values) in acknowledged.sorted(by: { $0.key < $1.key }) {
      let copy = Copy()
      let client = try await SocketClient(room: room, port: port) { update, isEnd in copy.apply(update, isEnd) }
      client.askForAll()
      for _ in 0..<6000 where !copy.isWhole { try await Task.sleep(for: .milliseconds(10)) }
      guard copy.isWhole else { throw SoakError("room \(room) was not sent in a minute") }
      missing += values.count { key, value in copy.value(of: key) < value }
      await client.close()
    }
    return missing == 0 ? [] : ["\(missing) acknowledged values are missing"]
  }

  private final class Copy: Sendable {
    private struct State {
      let document = Document()
      var isWhole = false
    }

    private let state = Mutex(State())

    var isWhole: Bool { state.withLock { $0.isWhole } }

    func apply(_ update: UnsafeRawBufferPointer, _ isEnd: Bool) {
      state.withLock { state in
        _ = try? state.document.apply([UInt8](update))
        if isEnd { state.isWhole = true }
      }
    }

    func value(of key: String) -> Int {
      state.withLock { state in
        guard case .value(.string(let text))? = state.document.map("values")[key] else { return 0 }
        return Int(text.prefix { $0 != "@" }) ?? 0
      }
    }
  }

  private final class Probes: Sendable {
    private let state = Mutex((healthy: 0, unhealthy: 0))

    var counts: (healthy: Int, unhealthy: Int) { state.withLock { $0 } }

    func note(_ isHealthy: Bool) {
      state.withLock { if isHealthy { $0.healthy += 1 } else { $0.unhealthy += 1 } }
    }
  }
}
