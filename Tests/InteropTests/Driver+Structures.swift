import CRDT
import TestSupport

/// A structure that the drivers know; its raw value is its number.
enum StructureKind: Int, CaseIterable {
  case counter, log, list, tree
}

/// An edit of a structure; `Drivers/PROTOCOL.md` says what the numbers mean.
struct StructureOperation {
  var kind: StructureKind
  var choice: Int
  var first: Int
  var second: Int
  var number: Int

  init(_ kind: StructureKind, number: Int, random: inout SeededGenerator) {
    self.kind = kind
    self.number = number
    choice = random.below(8)
    first = random.below(1000)
    second = random.below(1000)
  }
}

extension Driver {
  /// What a structure reads as.
  ///
  /// - Parameter byArticle: Whether to read it with the examples of the article `Structures`; Yjs only.
  func describe(_ kind: StructureKind, of document: Int, byArticle: Bool = false) throws -> String {
    try ask { request in
      request.writeVarUInt(byArticle ? 52 : 50)
      request.writeVarUInt(UInt64(document))
      request.writeVarUInt(UInt64(kind.rawValue))
    } read: {
      String(decoding: try $0.readVarBytes(), as: UTF8.self)
    }
  }

  func perform(_ operation: StructureOperation, on document: Int) throws {
    try tell { request in
      request.writeVarUInt(51)
      let numbers = [
        document, operation.kind.rawValue, operation.choice, operation.first, operation.second, operation.number,
      ]
      for number in numbers { request.writeVarUInt(UInt64(number)) }
    }
  }
}
