import CRDT
import TestSupport

/// Undo managers, relative positions and snapshots: the commands 30 to 39.
extension Driver {
  /// What an undo manager is asked to do.
  enum UndoAction: UInt64 {
    case undo = 0
    case redo, stopCapturing, clear
  }

  /// What became of it.
  struct UndoResult {
    var changes: Changes
    /// Whether a step was undone or redone.
    var isPopped: Bool
    var undoCount: Int
    var redoCount: Int
  }

  /// Gives the document an undo manager of the roots named, for the origin of tracked edits.
  func createUndoManager(
    _ document: Int, captureTimeout: UInt64, ignoresRemoteMapChanges: Bool, scope: [String]
  ) throws {
    try tell { request in
      for number in [30, UInt64(document), captureTimeout, ignoresRemoteMapChanges ? 1 : 0, UInt64(scope.count)] {
        request.writeVarUInt(number)
      }
      for name in scope { request.writeVarString(name) }
    }
  }

  /// Performs all operations in one transaction at a time, of the tracked origin or of another one.
  func perform(_ operations: [Operation], on document: Int, at time: UInt64, isTracked: Bool) throws -> Changes {
    try ask { request in
      for number in [31, UInt64(document), time, isTracked ? 1 : 0, UInt64(operations.count)] {
        request.writeVarUInt(number)
      }
      for operation in operations { operation.write(to: &request) }
    } read: {
      try Self.readChanges(&$0)
    }
  }

  func act(_ action: UndoAction, on document: Int, at time: UInt64) throws -> UndoResult {
    try ask { request in
      for number in [32, UInt64(document), time, action.rawValue] { request.writeVarUInt(number) }
    } read: { response in
      UndoResult(
        changes: try Self.readChanges(&response), isPopped: try response.readVarUInt() == 1,
        undoCount: Int(try response.readVarUInt()), redoCount: Int(try response.readVarUInt()))
    }
  }

  /// The bytes and the JSON of a position: `index` modulo the length plus one, in the type `target` as operations count.
  func position(_ target: UInt32, at index: UInt32, isPrevious: Bool, in document: Int) throws -> (
    bytes: [UInt8], json: String
  ) {
    try ask { request in
      for number in [34, UInt64(document), UInt64(target), UInt64(index), isPrevious ? 1 : 0] {
        request.writeVarUInt(number)
      }
    } read: { response in
      ([UInt8](try response.readVarBytes()), String(decoding: try response.readVarBytes(), as: UTF8.self))
    }
  }

  /// The type of a position, as operations count, and its index; nil when it leads nowhere.
  func resolve(_ position: [UInt8], in document: Int) throws -> (type: Int, index: Int)? {
    try ask { request in
      request.writeVarUInt(35)
      request.writeVarUInt(UInt64(document))
      request.writeVarBytes(position)
    } read: { response in
      let (type, index) = (Int(try response.readVarUInt()), Int(try response.readVarUInt()))
      return type == 0 ? nil : (type - 1, index)
    }
  }

  // MARK: Snapshots

  /// Keeps the document's deleted content from now on.
  func keepContent(of document: Int) throws {
    try tell { request in
      request.writeVarUInt(38)
      request.writeVarUInt(UInt64(document))
    }
  }

  func snapshot(_ document: Int) throws -> Snapshot {
    try ask { request in
      request.writeVarUInt(36)
      request.writeVarUInt(UInt64(document))
    } read: {
      try Snapshot(decoding: try $0.readVarBytes())
    }
  }

  /// The values of the document as it was, and its root text then.
  func past(_ document: Int, at snapshot: Snapshot) throws -> (values: String, text: String) {
    try ask { request in
      request.writeVarUInt(37)
      request.writeVarUInt(UInt64(document))
      request.writeVarBytes(snapshot.encode())
    } read: { response in
      func readString() throws -> String { String(decoding: try response.readVarBytes(), as: UTF8.self) }
      return (try readString(), try readString())
    }
  }

  /// What became of the root text between two moments, in the form of `PROTOCOL.md`.
  func textChanges(_ document: Int, from first: Snapshot, to second: Snapshot) throws -> String {
    try ask { request in
      request.writeVarUInt(39)
      request.writeVarUInt(UInt64(document))
      request.writeVarBytes(first.encode())
      request.writeVarBytes(second.encode())
    } read: {
      String(decoding: try $0.readVarBytes(), as: UTF8.self)
    }
  }
}
