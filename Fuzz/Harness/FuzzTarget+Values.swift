extension FuzzTarget {
  static func readValue(_ input: Input, _ meter: Meter) throws(Violation) {
    var reader = ByteReader(input.bytes)
    let value = meter.charge { try? ValueCodec.read(&reader) }
    var skipper = ByteReader(input.bytes)
    let isCanonical = try? ValueCodec.skip(&skipper)
    try require((value == nil) == (isCanonical == nil), "a value can be read or skipped, but not both")
    guard let value else { return }
    try require(skipper.byteOffset == reader.byteOffset, "skipping a value goes elsewhere than reading it")
    let written = meter.charge {
      var writer = ByteWriter()
      ValueCodec.write(value, to: &writer)
      return writer.bytes()
    }
    let again = written.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      return try? ValueCodec.read(&reader)
    }
    try require(again == value, "a value changes when it is written and read")
    let cell = input.bytes.isEmpty ? Cell.empty : Cell(encoding: value)
    cell.free()
    _ = value.jsonString(pretty: true)
  }

  static func readJSONText(_ input: Input, _ meter: Meter) throws(Violation) {
    let value = meter.charge { JSONText.value(input.bytes) }
    let written = value.jsonString()
    meter.allow(bytes: written.utf8.count)
    let again = Array(written.utf8).withUnsafeBytes { bytes in meter.charge { JSONText.value(bytes) } }
    try require(again.jsonString() == written, "JSON changes when it is read again\n\(written)\n\(again.jsonString())")
  }
}
