import CRDT

/// Writes what is explained, line by line, up to a limit.
struct InspectionReport {
  let isJSON: Bool
  /// Lines at most; 0 for all.
  let limit: Int
  let quoteMax: Int
  /// Columns that an offset takes.
  private var width = 6
  private var lines = 0
  private var omitted = 0

  init(isJSON: Bool, limit: Int, quoteMax: Int) {
    (self.isJSON, self.limit, self.quoteMax) = (isJSON, limit, quoteMax)
  }

  private var text: PartText { PartText(quoteMax: quoteMax) }

  /// Whether there is room for a line more.
  private mutating func takesLine() -> Bool {
    guard limit == 0 || lines < limit else {
      omitted += 1
      return false
    }
    lines += 1
    return true
  }

  // MARK: The beginning

  mutating func begin(_ guess: Guess) throws {
    let tally = guess.tally
    width = max(6, "\(guess.bytes.count)".count)
    if isJSON {
      var record = PartRecord(part: "header")
      (record.kind, record.encoding, record.bytes) = (guess.kind.rawValue, guess.encoding.rawValue, guess.bytes.count)
      (record.clients, record.structs, record.messages) = (tally.clients, UInt64(tally.structs), tally.messages)
      (record.deletions, record.deletedUnits) = (tally.deletions, tally.deletedUnits)
      (record.alsoFits, record.isDamaged) = (guess.others.map(\.rawValue), tally.damage != nil)
      return try Output.json(record)
    }
    let state = tally.damage == nil ? "" : " before the damage"
    let title =
      "\(guess.kind.rawValue), \(counted(guess.bytes.count, "byte")) (\(guess.encoding.rawValue)): "
      + "\(numbers(tally, guess.kind))\(state)"
    Output.line(Output.styled(title, .bold))
    if !guess.others.isEmpty {
      Output.line("also reads as \(guess.others.map(\.rawValue).joined(separator: ", ")): choose with --as")
    }
    Output.line("")
    Output.line(Output.styled("\(padded("OFFSET"))  \(padded("BYTES"))", .bold))
  }

  private func numbers(_ tally: Tally, _ kind: InspectedKind) -> String {
    var numbers: [String] = []
    if tally.messages > 0 { numbers.append(counted(tally.messages, "message")) }
    numbers.append(counted(tally.clients, "client"))
    if tally.structs > 0 || kind.hasStructs { numbers.append(counted(tally.structs, "struct")) }
    if tally.deletions > 0 || kind.hasDeletions {
      let units = counted(tally.deletedUnits, "unit")
      numbers.append("\(counted(tally.deletions, "deletion")) of \(units)")
    }
    return numbers.joined(separator: ", ")
  }

  mutating func begin(_ capture: Capture) throws {
    let frames = capture.sockets.reduce(0) { $0 + $1.frames.count }
    guard isJSON else {
      let count = counted(capture.sockets.count, "socket")
      let title = "capture: \(counted(frames, "frame")) of \(count); offsets count from each frame's start"
      return Output.line(Output.styled(title, .bold))
    }
    var record = PartRecord(part: "header")
    (record.kind, record.sockets, record.frames) = ("capture", capture.sockets.count, frames)
    try Output.json(record)
  }

  // MARK: Parts

  mutating func write(_ frame: Capture.Frame, _ number: Int, of socket: Capture.Socket, as kind: InspectedKind) throws {
    guard takesLine() else { return }
    guard isJSON else {
      var words = ["frame \(number):"]
      if frame.bytes == nil { words.append("text") } else { words.append(kind.rawValue) }
      if let bytes = frame.bytes { words.append("of \(counted(bytes.count, "byte"))") }
      if let direction = frame.direction { words.append(direction.rawValue) }
      if let time = frame.time { words.append("at \(Output.printable(time))") }
      if let url = socket.url { words.append("over \(Output.printable(url))") }
      return Output.line(Output.styled(words.joined(separator: " "), .bold))
    }
    var record = PartRecord(part: "frame")
    (record.frame, record.time, record.direction) = (number, frame.time, frame.direction?.rawValue)
    (record.socket, record.bytes) = (socket.url, frame.bytes?.count)
    record.kind = frame.bytes == nil ? "text" : kind.rawValue
    try Output.json(record)
  }

  mutating func write(_ part: Explanation.Part, depth: Int = 0) throws {
    guard takesLine() else { return }
    if isJSON { return try Output.json(PartRecord(part, depth: depth + part.depth, quoteMax: quoteMax)) }
    let offset = part.bytes.map { "\($0.lowerBound)" } ?? ""
    let length = part.bytes.map { "\($0.count)" } ?? ""
    let indent = String(repeating: "  ", count: depth + part.depth)
    let place = Output.styled("\(padded(offset))  \(padded(length))", .dim)
    let columns = Output.styled(text.places(part.columns), .dim)
    Output.line("\(place)  \(indent)\(text.line(part.content))\(columns)")
  }

  private func padded(_ text: String) -> String { String(repeating: " ", count: max(0, width - text.count)) + text }

  // MARK: The end

  /// Tells where bytes cannot be read on; however much was written before.
  mutating func write(_ damage: Explanation.Damage, frame: Int? = nil) throws {
    guard isJSON else {
      return Output.line(Output.styled("damaged at \(Output.printable(damage.description))", .red))
    }
    var record = PartRecord(part: "damage")
    (record.offset, record.field, record.frame) = (damage.error.byteOffset, damage.field, frame)
    (record.code, record.reason) = (damage.error.code.name, "\(damage.error.code)")
    try Output.json(record)
  }

  mutating func end() throws {
    guard omitted > 0 else { return }
    guard isJSON else { return Output.line("\(omitted) more lines: write all with --limit 0") }
    var record = PartRecord(part: "omitted")
    record.count = UInt64(omitted)
    try Output.json(record)
  }
}
