/// What the command line says.
struct Options {
  var keystrokes = 2000
  var edits = 100_000
  var megabytes = 50
  var runs = 5
  var seconds = 20
  /// The command line tool whose commands are measured.
  var program = ".build/release/syncctl"
  var rooms = 10_000
  var updates = 1_000_000
  /// What nodes are flooded with.
  var floods: [FloodKind] { chosenFloods.isEmpty ? FloodKind.allCases : chosenFloods }
  private var chosenFloods: [FloodKind] = []
  /// How many are in a room.
  var crowds: [Int] { chosenCrowds.isEmpty ? [50, 500, 2000] : chosenCrowds }
  private var chosenCrowds: [Int] = []
  /// Empty means all.
  private var cases: Set<String> = []

  struct Malformed: Error {}

  init(_ arguments: some Sequence<String>) throws(Malformed) {
    var iterator = arguments.makeIterator()
    while let argument = iterator.next() {
      switch argument {
      case "--keystrokes": keystrokes = try Self.count(iterator.next())
      case "--edits": edits = try Self.count(iterator.next())
      case "--megabytes": megabytes = try Self.count(iterator.next())
      case "--runs": runs = try Self.count(iterator.next())
      case "--seconds": seconds = try Self.count(iterator.next())
      case "--rooms": rooms = try Self.count(iterator.next())
      case "--updates": updates = try Self.count(iterator.next())
      case "--syncctl":
        guard let path = iterator.next() else { throw Malformed() }
        program = path
      case "--crowd": chosenCrowds.append(try Self.count(iterator.next()))
      case "--flood":
        guard let kind = iterator.next().flatMap(FloodKind.init) else { throw Malformed() }
        chosenFloods.append(kind)
      case "chain", "catch-up", "memory", "flood", "store", "crowd": cases.insert(argument)
      default: throw Malformed()
      }
    }
  }

  func has(_ name: String) -> Bool { cases.isEmpty || cases.contains(name) }

  private static func count(_ argument: String?) throws(Malformed) -> Int {
    guard let argument, let count = Int(argument), count > 0 else { throw Malformed() }
    return count
  }
}
