/// Runs one input of libFuzzer: its first byte chooses the decoder, the rest is what a peer could have sent.
///
/// What violates a law traps, with a sentence on standard error; libFuzzer then saves the input.
///
/// - Returns: 0, or −1 for an input that names no decoder, which libFuzzer then forgets.
@_cdecl("LLVMFuzzerTestOneInput")
public func runInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start, count > 0, Int(start[0] & Input.decoderMask) < FuzzTarget.all.count else { return -1 }
  let decoder = FuzzTarget.all[Int(start[0] & Input.decoderMask)]
  let input = Input(
    bytes: UnsafeRawBufferPointer(start: start + 1, count: count - 1),
    collectsGarbage: start[0] & Input.keepsGarbageBit == 0)
  var violation: Violation?
  // Other processes and what the runtime sets up once may be to blame for a cost, so it has to repeat itself.
  for _ in 0..<3 {
    violation = attempt(decoder, input)
    guard let found = violation, found.mayBeChance else { break }
  }
  if let violation { fatalError("\(decoder.name): \(violation)") }
  return 0
}

private func attempt(_ decoder: FuzzTarget, _ input: Input) -> Violation? {
  let heapBefore = Heap.bytesInUse
  if let violation = run(decoder, input) { return violation }
  let leaked = Heap.bytesInUse - heapBefore
  return leaked > 0 ? Violation("\(leaked) bytes of heap are left", mayBeChance: true) : nil
}

private func run(_ decoder: FuzzTarget, _ input: Input) -> Violation? {
  let meter = Meter(inputBytes: input.bytes.count)
  do {
    try decoder.run(input, meter)
    try meter.check()
  } catch {
    return error
  }
  return nil
}

/// What a decoder is given.
struct Input {
  /// Bits of the first byte that hold a decoder's place in the table.
  static let decoderMask: UInt8 = 0x3F
  /// The bit of the first byte that makes documents keep what is deleted.
  static let keepsGarbageBit: UInt8 = 0x80

  let bytes: UnsafeRawBufferPointer
  let collectsGarbage: Bool

  func document(clientID: ClientID) -> Document {
    var options = Document.Options()
    options.collectsGarbage = collectsGarbage
    return Document(clientID: clientID, options: options)
  }
}

/// A law that does not hold.
struct Violation: Error, CustomStringConvertible {
  let description: String
  /// Whether something outside of the code could have been the cause.
  var mayBeChance = false

  init(_ description: String, mayBeChance: Bool = false) {
    self.description = description
    self.mayBeChance = mayBeChance
  }
}

/// Throws unless `condition` holds.
func require(_ condition: Bool, _ law: @autoclosure () -> String) throws(Violation) {
  if !condition { throw Violation(law()) }
}
