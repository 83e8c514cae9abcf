import BenchmarkSupport
import Foundation

/// Measures what is promised of nodes: how fast a keystroke crosses a chain of them, how fast one catches up, how much memory
/// a large document takes on its way, how others fare while a node is flooded, how soon a crowd sees who is where, and how long
/// looking into a large store takes.
@main
enum NodeBenchmark {
  static let usage = """
    usage: node-benchmark [--keystrokes N] [--edits N] [--megabytes N] [--runs N] [--seconds N] [--flood KIND]…
                          [--crowd N]… [--rooms N] [--updates N] [--syncctl PATH] [CASE]…
      --keystrokes  through the chain, for each row; default 2000
      --edits       to catch up with; default 100000
      --megabytes   of the large document as an update; default 50
      --runs        of catching up, and of each command; default 5
      --seconds     of each flood and crowd; default 20
      --flood       connections, keystrokes, questions, large, small, waiting, presence, malformed or unread; default: all
      --crowd       how many are present in one room; default: 50, 500 and 2000
      --rooms       of the store that commands look into; default 10000
      --updates     in that store; default 1000000
      --syncctl     whose commands are measured; default .build/release/syncctl
      CASE          chain, catch-up, memory, flood, crowd or store; default: all
    """

  static func main() async {
    do {
      if let role = try FloodRole(CommandLine.arguments.dropFirst()) { return try await role.play() }
      if let role = try MemoryRole(CommandLine.arguments.dropFirst()) { return try await role.play() }
      let options = try Options(CommandLine.arguments.dropFirst())
      report(Machine.summary + "\n\n| case | figure | aim |\n|---|---:|---:|")
      if options.has("chain") { try await Chain.measure(keystrokes: options.keystrokes) }
      if options.has("catch-up") { try await CatchUp.measure(edits: options.edits, runs: options.runs) }
      if options.has("memory") { try await Memory.measure(megabytes: options.megabytes) }
      if options.has("flood") { try await Flood.measure(seconds: options.seconds, kinds: options.floods) }
      if options.has("crowd") { try await Crowd.measure(crowds: options.crowds, seconds: options.seconds) }
      if options.has("store") {
        try await StoreCommands.measure(
          program: options.program, rooms: options.rooms, updates: options.updates, runs: options.runs)
      }
    } catch is Options.Malformed {
      print(usage)
      exit(2)
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit(1)
    }
  }

  /// One line of the table.
  static func row(_ name: String, _ figure: String, aim: String = "–") { report("| \(name) | \(figure) | \(aim) |") }
}

/// A result that is not what it should be.
struct WrongResult: Error, CustomStringConvertible {
  let description: String
}
