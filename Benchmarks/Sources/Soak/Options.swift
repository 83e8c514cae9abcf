/// What the command line says.
struct Options {
  /// The relay's program.
  var relay = ".build/release/syncctl"
  /// How long clients come and go, in minutes.
  var minutes = 30.0
  var clients = 1000
  /// Where the figures, the plot and the relay's store go.
  var folder = ".build/soak"

  struct Malformed: Error {}

  static let usage = """
    usage: soak [--relay FILE] [--minutes N] [--clients N] [--output FOLDER]
      --relay    the program syncctl; default .build/release/syncctl
      --minutes  how long clients come and go; default 30
      --clients  at once; default 1000
      --output   where soak.csv, soak.svg and the relay's store go; default .build/soak
    """

  init(_ arguments: some Sequence<String>) throws(Malformed) {
    var iterator = arguments.makeIterator()
    while let argument = iterator.next() {
      guard let value = iterator.next() else { throw Malformed() }
      switch argument {
      case "--relay": relay = value
      case "--minutes": minutes = try Options.positive(Double(value))
      case "--clients": clients = try Options.positive(Int(value))
      case "--output": folder = value
      default: throw Malformed()
      }
    }
  }

  private static func positive<Number: Numeric & Comparable>(_ number: Number?) throws(Malformed) -> Number {
    guard let number, number > 0 else { throw Malformed() }
    return number
  }
}
