import CRDT
import TestSupport

extension Driver {
  /// What `JSON.parse` makes of each text; nil where it refuses.
  func parseJSON(_ texts: [String]) throws -> [Value?] {
    try ask { request in
      request.writeVarUInt(40)
      request.writeVarUInt(UInt64(texts.count))
      for text in texts { request.writeVarString(text) }
    } read: { response in
      try texts.map { _ in try response.readVarUInt() == 1 ? try ValueCodec.read(&response) : Value?.none }
    }
  }

  /// What `JSON.stringify` makes of each value.
  func writeJSON(_ values: [Value], spaces: Int = 0) throws -> [String] {
    try ask { request in
      request.writeVarUInt(41)
      request.writeVarUInt(UInt64(spaces))
      request.writeVarUInt(UInt64(values.count))
      for value in values { request.writeAny(value) }
    } read: { response in
      try values.map { _ in String(decoding: try response.readVarString(), as: UTF8.self) }
    }
  }
}
