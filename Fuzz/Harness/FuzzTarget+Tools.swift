/// What reads updates without a document, or in the other format, and what reads positions and moments.
extension FuzzTarget {
  /// One update in format V2, for an empty document.
  static func readUpdateV2(_ input: Input, _ meter: Meter) throws(Violation) {
    let update = [UInt8](input.bytes)
    guard let converted = meter.charge({ try? Update.convert(update, from: .v2, to: .v1) }) else { return }
    // A few bytes of V2 stand for as many structs as its own limits allow.
    meter.allow(bytes: converted.count)
    let document = input.document(clientID: 5)
    guard meter.charge({ try? document.apply(update, format: .v2) }) != nil else { return }
    meter.allow(units: document.statistics.units)
    let encoded = meter.charge { document.encodeUpdate(format: .v2) }
    meter.allow(bytes: encoded.count)
    let copy = input.document(clientID: 6)
    let isRead = meter.charge { (try? copy.apply(encoded, format: .v2)) != nil }
    try require(isRead, "the document's own encoding in V2 is refused")
  }

  /// One update in format V1, for each tool.
  static func readWithTools(_ input: Input, _ meter: Meter) throws(Violation) {
    let update = [UInt8](input.bytes)
    guard let vector = meter.charge({ try? Update.stateVector(of: update) }) else {
      let isRefused = (try? Update.inspect(update)) == nil && (try? Update.merge([update, update])) == nil
      return try require(isRefused, "an update is refused by one tool and taken by another")
    }
    let merged = meter.charge { try? Update.merge([update, update]) }
    try require(merged != nil, "an update cannot be merged")
    meter.allow(bytes: merged?.count ?? 0)
    try require((try? Update.stateVector(of: merged!)) == vector, "a merged update knows something else")
    let difference = meter.charge { try? Update.difference(update, since: vector) }
    try require(difference != nil && (try? Update.inspect(difference!)) != nil, "a difference cannot be read")
    let converted = meter.charge { try? Update.convert(update, from: .v1, to: .v2) }
    try require(
      converted != nil && (try? Update.inspect(converted!, format: .v2)) != nil, "a conversion cannot be read")
    let parts = meter.charge { try? Update.parts(of: update, ofAbout: 16) }
    try require(
      parts != nil && (try? Update.stateVector(of: Update.merge(parts!))) == vector, "parts know something else")
    let hidden = meter.charge { try? Update.obfuscate(update) }
    try require(hidden != nil && (try? Update.stateVector(of: hidden!)) == vector, "obfuscation changes the structure")
  }

  static func readSnapshot(_ input: Input, _ meter: Meter) throws(Violation) {
    for format in [UpdateFormat.v1, .v2] {
      guard let snapshot = meter.charge({ try? Snapshot(decoding: input.bytes, format: format) }) else { continue }
      let encoded = meter.charge { snapshot.encode(format: format) }
      try require(
        (try? Snapshot(decoding: encoded, format: format)) == snapshot, "a snapshot changes when it is written and read"
      )
      var options = Document.Options()
      options.collectsGarbage = false
      let document = Document(clientID: 5, options: options)
      document.text("t").insert("te\u{1F600}xt", at: 0)
      document.text("t").format(at: 1, count: 3, ["bold": true])
      document.text("t").delete(at: 0, count: 2)
      _ = meter.charge { document.text("t").delta(at: snapshot) }
      _ = meter.charge { document.text("t").changes(from: snapshot, to: document.snapshot) }
      guard let restored = meter.charge({ try? document.restored(at: snapshot) }) else { continue }
      _ = restored.text("t").delta
    }
  }

  static func readRelativePosition(_ input: Input, _ meter: Meter) throws(Violation) {
    guard let position = meter.charge({ try? RelativePosition(decoding: input.bytes) }) else { return }
    let encoded = meter.charge { position.encode() }
    try require(
      (try? RelativePosition(decoding: encoded)) == position, "a position changes when it is written and read")
    let document = Document(clientID: 5)
    document.text("t").insert("text", at: 0)
    document.map("m").setArray(forKey: "k").append(1)
    _ = meter.charge { document.resolve(position) }
  }
}
