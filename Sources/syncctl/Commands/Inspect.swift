import ArgumentParser
import CRDT

/// Explains bytes part by part.
struct Inspect: ParsableCommand, ColoringCommand, PagingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Explain an update, a message or other bytes of Yjs, part by part, and where they are damaged.",
    discussion: """
      Each line is a part: its first byte, its length in bytes, and what it says. A struct is `CLIENT:CLOCK +UNITS`, its \
      kind of content and the beginning of that, then its parent and key where it names them, and the units it was \
      inserted after and before. In update-v2 fields stand in columns: those come first with their offsets, and behind \
      each struct stands what of them is read for it first, as `COLUMN OFFSET+BYTES`; a struct that goes on with runs of \
      those before it has none.

      When bytes are damaged, all before is explained; the last line says at which byte, in which field and why, and the \
      exit code is 1. Of a token in a message only the length is told.

      Input: raw bytes, or text with the bytes in hexadecimal or Base64, which is found out. The kinds are tried in this \
      order, and the first that reads to the end is taken: update, update-v2, message (y-websocket's, one or more), \
      multiplexed (Hocuspocus' and between nodes), state-vector, awareness, snapshot, snapshot-v2, relative-position. \
      When none does, the one of update, update-v2, message, multiplexed and awareness that reads furthest is explained.

      A capture is text with a frame in each line, `[TIME] [>|<] BYTES`: a time such as 12.5 or 10:20:30, > for what was \
      sent by the client and < for what it received, and the frame in hexadecimal or Base64. Lines with # are left out. \
      The export of Chrome's network tools (HAR) with its WebSocket messages is one, too. Several lines of nothing but \
      bytes are a capture unless they are broken at 60, 64 or 76 characters. The frames of a socket are message or \
      multiplexed, whichever fits more of them.

      With --json each line is an object, whose member `part` says what it is; Documentation/json/inspect.schema.json of \
      the sources describes all.

      Examples:
        syncctl inspect notes.update
        syncctl export notes | syncctl inspect -
        echo AQEBAAQBAXQBYQA= | syncctl inspect -
        syncctl inspect app.example.har --json
      """)

  @Argument(help: "The file to explain; - for standard input.")
  var file: String

  @Option(name: .customLong("as"), help: ArgumentHelp("What the bytes are, instead of finding out.", valueName: "kind"))
  var kind: InspectedKind?

  @Option(help: "How bytes are written, raw, hex or base64, instead of finding out.")
  var encoding: ByteEncoding?

  @Option(help: "How many lines to write at most; 0 for all.")
  var limit = 10_000

  @Option(help: "How many characters of content to quote at most.")
  var quote = 60

  @Flag(help: "Print JSON: an object in each line.")
  var json = false

  @OptionGroup var coloring: ColorOptions
  @OptionGroup var paging: PagingOptions

  func validate() throws {
    if limit < 0 || quote < 0 { throw ValidationError("--limit and --quote are 0 or more") }
    if kind == .capture, encoding == .raw { throw ValidationError("a capture is text: choose hex or base64") }
  }

  func run() throws {
    let input = try InputFile.read(file)
    var report = InspectionReport(isJSON: json, limit: limit, quoteMax: quote)
    if let capture = try capture(in: input) { return try explain(capture, of: input, &report) }
    guard let guess = Guess(input.candidates(encoding), among: kind.map { [$0] } ?? InspectedKind.ofBytes) else {
      throw Failure(.check, "\(input.name) is not \(encoding?.rawValue ?? "readable"): leave --encoding out")
    }
    try report.begin(guess)
    var failure: (any Error)?
    do throws(Explanation.Damage) {
      try guess.kind.explain(guess.bytes) { part in
        do { try report.write(part) } catch { failure = failure ?? error }
      }
    } catch {
      try report.end()
      try report.write(error)
      let advice = kind == nil ? "choose another kind with --as if it is no \(guess.kind.rawValue)" : "get it anew"
      throw Failure(.check, "\(input.name) is damaged at \(Output.printable(error.description)): \(advice)")
    }
    if let failure { throw failure }
    try report.end()
  }

  // MARK: Captures

  /// The capture that the input is, unless it is something else.
  private func capture(in input: InputFile) throws -> Capture? {
    guard kind == nil || kind == .capture, encoding != .raw else { return nil }
    if let archive = Capture(archive: input.bytes) { return archive }
    guard kind == .capture || input.isText else { return nil }
    let text = String(decoding: input.bytes, as: UTF8.self)
    // A comment may be in any language.
    return try Capture(lines: text, encoding: encoding, isCertain: kind == .capture)
  }

  private func explain(_ capture: Capture, of input: InputFile, _ report: inout InspectionReport) throws {
    try report.begin(capture)
    var number = 0
    var damaged = 0
    for socket in capture.sockets {
      let kind = socket.kind
      for frame in socket.frames {
        try report.write(frame, number, of: socket, as: kind)
        if try !explain(frame, number, as: kind, &report) { damaged += 1 }
        number += 1
      }
    }
    try report.end()
    guard damaged == 0 else {
      let frames = damaged == 1 ? "a frame" : "\(damaged) frames"
      throw Failure(.check, "\(frames) of \(input.name) cannot be read: see the lines `damaged at` above")
    }
  }

  /// - Returns: Whether the frame is whole.
  private func explain(
    _ frame: Capture.Frame, _ number: Int, as kind: InspectedKind, _ report: inout InspectionReport
  ) throws -> Bool {
    guard let bytes = frame.bytes else { return true }
    var failure: (any Error)?
    do throws(Explanation.Damage) {
      try kind.explain(bytes) { part in
        do { try report.write(part, depth: 1) } catch { failure = failure ?? error }
      }
    } catch {
      try report.write(error, frame: number)
      return false
    }
    if let failure { throw failure }
    return true
  }
}

extension Capture.Socket {
  /// The protocol that more frames are messages of.
  fileprivate var kind: InspectedKind {
    let frames = frames.compactMap(\.bytes)
    func damaged(_ kind: InspectedKind) -> Int { frames.count { Tally($0, as: kind).damage != nil } }
    return damaged(.multiplexed) < damaged(.message) ? .multiplexed : .message
  }
}
