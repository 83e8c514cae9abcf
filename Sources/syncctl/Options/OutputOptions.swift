import ArgumentParser
import Foundation

/// Where a command writes its result.
struct OutputOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "The file to write instead of stdout; one that is there is replaced.")
  var output: String?

  /// Refuses to write an update as it is to a terminal. To be called before there is anything to lose.
  func refuseTerminal() throws {
    guard output == nil, isatty(STDOUT_FILENO) == 1 else { return }
    throw Failure(.usage, "an update is binary and stdout is a terminal: name a file with -o")
  }

  /// Writes the result as a whole.
  func write(_ bytes: Data) throws {
    guard let output else { return Output.bytes(bytes) }
    do {
      try bytes.write(to: URL(fileURLWithPath: output), options: .atomic)
    } catch {
      throw Failure(.unreachable, "cannot write \(output) (\(error.localizedDescription)): name another file with -o")
    }
  }
}

/// Where a command writes bytes, and how.
struct ByteOutputOptions: ParsableArguments {
  @OptionGroup var file: OutputOptions

  @Option(help: "How the result is written: raw, hex or base64.")
  var outputEncoding = ByteEncoding.raw

  /// Refuses to write bytes as they are to a terminal.
  func refuseTerminal() throws {
    if outputEncoding == .raw { try file.refuseTerminal() }
  }

  /// Writes the result as a whole; text with a line break behind it.
  func write(_ bytes: [UInt8]) throws {
    switch outputEncoding {
    case .raw: try file.write(Data(bytes))
    case .hex, .base64: try file.write(Data("\(outputEncoding.text(of: bytes))\n".utf8))
    }
  }
}
