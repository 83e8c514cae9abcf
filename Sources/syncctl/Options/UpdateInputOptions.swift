import ArgumentParser
import CRDT

/// How updates that a command reads are written.
struct UpdateInputOptions: ParsableArguments {
  @Option(help: "The update's format, v1 or v2, instead of finding out.")
  var from: UpdateFormatName?

  @Option(help: "How the update is written: raw, hex or base64, instead of finding out.")
  var encoding: ByteEncoding?

  init() {}

  /// Reads updates of a format, or finds out.
  init(from format: UpdateFormatName?, encoding: ByteEncoding?) {
    from = format
    self.encoding = encoding
  }

  /// The update in a file, or on standard input for `-`.
  ///
  /// - Throws: ``Failure`` when it cannot be read as one.
  func read(_ path: String) throws(Failure) -> (bytes: [UInt8], format: UpdateFormatName) {
    let input = try InputFile.read(path)
    let formats = from.map { [$0] } ?? UpdateFormatName.allCases
    guard let guess = Guess(input.candidates(encoding), among: formats.map(\.kind)) else {
      throw Failure(.check, "\(input.name) is not \(encoding?.rawValue ?? "readable"): leave --encoding out")
    }
    guard let damage = guess.tally.damage else {
      return (guess.bytes, guess.kind == UpdateFormatName.v1.kind ? .v1 : .v2)
    }
    throw Failure(
      .check,
      "\(input.name) is no \(guess.kind.rawValue) (\(Output.printable(damage.description))): look into it with"
        + " `syncctl inspect`")
  }
}

/// The formats of updates, by their names on the command line.
enum UpdateFormatName: String, CaseIterable, ExpressibleByArgument {
  case v1, v2

  var format: UpdateFormat { self == .v1 ? .v1 : .v2 }
  var kind: InspectedKind { self == .v1 ? .update : .updateV2 }
}
