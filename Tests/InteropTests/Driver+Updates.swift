import CRDT
import TestSupport

/// Update formats, and tools without a document.
extension Driver {
  /// What a program with all kinds of content leaves behind.
  struct RichProgram {
    /// The updates that the program's documents emitted.
    var updatesV1: [[UInt8]]
    var updatesV2: [[UInt8]]
    /// The first document at the end.
    var wholeV1: [UInt8]
    var wholeV2: [UInt8]

    func updates(_ format: UpdateFormat) -> [[UInt8]] { format == .v1 ? updatesV1 : updatesV2 }
    func whole(_ format: UpdateFormat) -> [UInt8] { format == .v1 ? wholeV1 : wholeV2 }
  }

  func convert(_ update: [UInt8], from source: UpdateFormat, to target: UpdateFormat) throws -> [UInt8] {
    try ask { request in
      request.writeVarUInt(20)
      request.writeVarUInt(source.number)
      request.writeVarUInt(target.number)
      request.writeVarBytes(update)
    } read: {
      [UInt8](try $0.readVarBytes())
    }
  }

  func merge(_ updates: [[UInt8]], format: UpdateFormat) throws -> [UInt8] {
    try ask { request in
      request.writeVarUInt(21)
      request.writeVarUInt(format.number)
      request.writeVarUInt(UInt64(updates.count))
      for update in updates { request.writeVarBytes(update) }
    } read: {
      [UInt8](try $0.readVarBytes())
    }
  }

  func difference(_ update: [UInt8], since vector: StateVector, format: UpdateFormat) throws -> [UInt8] {
    try ask { request in
      request.writeVarUInt(22)
      request.writeVarUInt(format.number)
      request.writeVarBytes(update)
      request.writeVarBytes(vector.encode())
    } read: {
      [UInt8](try $0.readVarBytes())
    }
  }

  func stateVector(of update: [UInt8], format: UpdateFormat) throws -> StateVector {
    try ask { request in
      request.writeVarUInt(23)
      request.writeVarUInt(format.number)
      request.writeVarBytes(update)
    } read: {
      try StateVector(decoding: try $0.readVarBytes())
    }
  }

  func richProgram(seed: UInt64, steps: Int) throws -> RichProgram {
    try ask { request in
      request.writeVarUInt(24)
      request.writeVarUInt(seed)
      request.writeVarUInt(UInt64(steps))
    } read: { response in
      RichProgram(
        updatesV1: try Self.readUpdates(&response), updatesV2: try Self.readUpdates(&response),
        wholeV1: [UInt8](try response.readVarBytes()), wholeV2: [UInt8](try response.readVarBytes()))
    }
  }

  private static func readUpdates(_ response: inout ByteReader) throws -> [[UInt8]] {
    try (0..<(try response.readVarUInt())).map { _ in [UInt8](try response.readVarBytes()) }
  }

  /// What `JSON.stringify` makes of what `JSON.parse` reads, and the same as `any`.
  func json(_ text: String) throws -> (text: String, any: [UInt8]) {
    try ask { request in
      request.writeVarUInt(25)
      request.writeVarString(text)
    } read: { response in
      (String(decoding: try response.readVarBytes(), as: UTF8.self), [UInt8](try response.readVarBytes()))
    }
  }

  /// What a document writes that has applied the update.
  func load(updateV2: [UInt8]) throws -> (updateV1: [UInt8], updateV2: [UInt8]) {
    try ask { request in
      request.writeVarUInt(26)
      request.writeVarBytes(updateV2)
    } read: { response in
      ([UInt8](try response.readVarBytes()), [UInt8](try response.readVarBytes()))
    }
  }
}

extension UpdateFormat {
  fileprivate var number: UInt64 { self == .v1 ? 1 : 2 }
}
