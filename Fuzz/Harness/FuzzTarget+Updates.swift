extension FuzzTarget {
  /// One update in format V1, for an empty document.
  static func readUpdate(_ input: Input, _ meter: Meter) throws(Violation) {
    let subject = Subject(input)
    try subject.apply(input.bytes, meter)
    try subject.checkReadBack(meter, isOrdered: true)
  }

  /// Updates in format V1 with their lengths before them, each for the document that those before have made, with edits
  /// of its own in between.
  static func readUpdates(_ input: Input, _ meter: Meter) throws(Violation) {
    let subject = Subject(input)
    var reader = ByteReader(input.bytes)
    var updates = 0
    while !reader.isAtEnd && updates < updatesMax {
      guard let length = try? reader.readVarUInt(),
        let update = try? reader.readBytes(count: min(length, UInt64(reader.remaining)))
      else { break }
      try subject.apply(update, meter)
      subject.edit(meter, variant: update.last ?? 0)
      try subject.checkReadBack(meter, isOrdered: false)
      updates += 1
    }
  }

  /// Each is followed by a check of the whole document, so many of them would take long in any case.
  private static var updatesMax: Int { 12 }
}

/// A document under attack.
final class Subject {
  private let input: Input
  private let document: Document
  private var stateVector = StateVector()
  private var encoded: [UInt8]
  private let observations: [Subscription]

  init(_ input: Input) {
    self.input = input
    document = input.document(clientID: 5)
    encoded = document.encodeUpdate()
    // Whoever listens makes updates and events be written.
    observations = [
      document.observeUpdates { _ = $0.update.count },
      document.text("t").observe { _ = $0 },
      document.array("a").observe { _ = $0 },
      document.map("m").observe { _ = $0 },
    ]
  }

  deinit { for observation in observations { observation.cancel() } }

  func apply(_ update: UnsafeRawBufferPointer, _ meter: Meter) throws(Violation) {
    let touched = meter.charge { try? document.touchedPaths(by: [UInt8](update)) }
    var isApplied = true
    do throws(UpdateError) {
      try meter.charge { () throws(UpdateError) in _ = try document.apply(update) }
    } catch {
      isApplied = false
      try require(
        error.byteOffset >= 0 && error.byteOffset <= update.count,
        "an error's offset is outside of the update: \(error)")
      try require(document.stateVector == stateVector, "refused, but the state vector changed: \(error)")
      try require(document.encodeUpdate() == encoded, "refused, but the document changed: \(error)")
    }
    try require(!isApplied || touched != nil, "applied, but the places that it changes cannot be told")
    meter.allow(units: document.statistics.units)
  }

  /// Edits that every document must bear.
  func edit(_ meter: Meter, variant: UInt8) {
    meter.charge {
      document.transact {
        let text = document.text("t")
        text.insert("é\u{1F600}x", at: text.count * Int(variant & 3) / 3)
        if variant & 4 != 0 { text.delete(at: text.count / 3, count: text.count - text.count / 3) }
        let array = document.array("a")
        array.insert([.number(1), .bytes([2])], at: array.count / 2)
        if variant & 8 != 0 { array.delete(at: array.count / 4, count: array.count - array.count / 4) }
        let map = document.map("m")
        for key in map.keys.prefix(4) { if variant & 16 != 0 { map.removeValue(forKey: key) } }
        map.set(.null, forKey: "k")
        if variant & 32 != 0 { map.setText(forKey: "k").insert("y", at: 0) }
      }
    }
  }

  /// What a document holds must be readable by a fresh one, to the same values. Not always to the same bytes: forged
  /// structs need not have the boundaries that any document gives them.
  ///
  /// - Parameter isOrdered: Whether in the same order, too. Structs between neighbours that no replica can have seen in
  ///   that order have none but that in which they arrive, in Yjs too, and of several updates they arrive in another one.
  func checkReadBack(_ meter: Meter, isOrdered: Bool) throws(Violation) {
    stateVector = document.stateVector
    encoded = meter.charge { document.encodeUpdate() }
    meter.allow(bytes: encoded.count)
    let copy = input.document(clientID: 6)
    do throws(UpdateError) {
      try meter.charge { () throws(UpdateError) in _ = try copy.apply(encoded) }
    } catch {
      throw Violation("the document's own encoding is refused: \(error)")
    }
    try checkSeries(meter)
    // A forged struct may wait although a part of it is known; encoded without that part, it may have nothing to wait
    // for. Yjs does the same.
    guard document.pending == nil else { return }
    try require(copy.stateVector == stateVector, "the document's own encoding has another state vector")
    try require(
      document.fingerprint(isOrdered: isOrdered) == copy.fingerprint(isOrdered: isOrdered),
      "the document's own encoding says something else\n\(document.treeDescription())\n\(copy.treeDescription())")
  }

  /// Update by update, a fresh document gets all of it, too, and nothing waits that does not wait here.
  private func checkSeries(_ meter: Meter) throws(Violation) {
    meter.allow(bytes: encoded.count)
    let copy = input.document(clientID: 7)
    var series = UpdateSeries(of: document, since: StateVector())
    while !series.isFinished {
      for update in meter.charge({ series.next(ofAbout: 16 + encoded.count / 8) }) {
        do throws(UpdateError) {
          try meter.charge { () throws(UpdateError) in _ = try copy.apply(update) }
        } catch {
          throw Violation("an update of a series is refused: \(error)")
        }
        try require(copy.pending == nil || document.pending != nil, "an update of a series waits for a later one")
      }
    }
    guard document.pending == nil else { return }
    try require(copy.stateVector == stateVector, "a series has another state vector")
    try require(
      document.fingerprint(isOrdered: false) == copy.fingerprint(isOrdered: false),
      "a series says something else\n\(document.treeDescription())\n\(copy.treeDescription())")
  }
}
