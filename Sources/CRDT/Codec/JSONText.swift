/// JSON text as values and back, for content that Yjs stores as JSON: embeds, formats, and arrays from before version 13.
enum JSONText {
  /// The value that a text means; `undefined` when it is not JSON. Yjs writes `undefined` for that value itself.
  static func value(_ text: UnsafeRawBufferPointer) -> Value {
    var parser = JSONParser(text)
    do { return try parser.readDocument() } catch { return .undefined }
  }
}

extension Value {
  /// The value that a JSON text means, as JavaScript's `JSON.parse` reads it.
  ///
  /// Numbers are doubles, and infinite when they are too large for one; half of a surrogate pair in an escape becomes
  /// U+FFFD; of members of one name the last one counts, in the place of the first.
  ///
  /// - Throws: ``JSONError`` when the text is not one JSON value by RFC 8259, or nests deeper than
  ///   ``ValueCodec/depthMax``.
  /// - Complexity: O(*n*) in the length of the text.
  public init(json: String) throws(JSONError) {
    try self.init(json: [UInt8](json.utf8))
  }

  /// The value that a JSON text in UTF-8 means, as JavaScript's `JSON.parse` reads it.
  ///
  /// - Throws: ``JSONError``, as ``init(json:)-(String)``, and when a string is not well-formed UTF-8.
  /// - Complexity: O(*n*) in the length of the text.
  public init(json utf8: [UInt8]) throws(JSONError) {
    self = try utf8.span.bytes.withUnsafeBytes { bytes throws(JSONError) in
      var parser = JSONParser(bytes)
      return try parser.readDocument()
    }
  }

  /// The members without those that a later one of the same name replaces, each in the place of the first of its name.
  static func distinct(_ members: [Member]) -> [Member] {
    guard members.count > 1 else { return members }
    var places: [[UInt8]: Int] = [:]
    var distinct: [Member] = []
    for member in members {
      if let place = places.updateValue(distinct.count, forKey: [UInt8](member.name.utf8)) {
        places[[UInt8](member.name.utf8)] = place
        distinct[place].value = member.value
      } else {
        distinct.append(member)
      }
    }
    return distinct
  }
}
