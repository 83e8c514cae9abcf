import TestSupport
import Testing

@testable import CRDT

/// Peers choose how deep types nest. Whatever walks through them does so without recursion, and writes no more than a
/// fixed multiple of what there is.
@Suite("Deep nesting")
struct DeepNestingTests {
  /// How a level is held by the one above it, and what it is.
  enum Nesting: CaseIterable {
    case maps, arrays, elements, embeddedTexts, mapsAndElements, attributes

    /// The type reference of a level, and the name of an element.
    func type(_ level: Int) -> (reference: UInt8, name: String?) {
      switch self {
      case .maps: (1, nil)
      case .arrays: (0, nil)
      case .embeddedTexts: (6, nil)
      case .mapsAndElements where level % 2 == 1: (1, nil)
      case .elements, .mapsAndElements, .attributes: (3, "e")
      }
    }

    /// Whether the level above has it under a key.
    func isUnderKey(_ level: Int) -> Bool {
      switch self {
      case .maps, .attributes: true
      case .arrays, .elements, .embeddedTexts: false
      case .mapsAndElements: level % 2 == 0 && level > 0
      }
    }
  }

  private static let depth = 20_000

  /// Client 7 wrote a type in the root `r`, a type in that one, and so on.
  private static func update(_ nesting: Nesting) -> [UInt8] {
    var writer = ByteWriter()
    for number in [1, depth, 7, 0] { writer.writeVarUInt(UInt64(number)) }
    for level in 0..<depth {
      let isUnderKey = nesting.isUnderKey(level)
      writer.writeByte(isUnderKey ? 0x27 : 0x07)
      if level == 0 {
        writer.writeByte(1)
        writer.writeVarString("r")
      } else {
        for number in [0, 7, level - 1] { writer.writeVarUInt(UInt64(number)) }
      }
      if isUnderKey { writer.writeVarString("\\\"") }
      let (reference, name) = nesting.type(level)
      writer.writeByte(reference)
      if let name { writer.writeVarString(name) }
    }
    writer.writeByte(0)
    return writer.bytes()
  }

  @Test("Types nested far deeper than any document are read, described and walked through", arguments: Nesting.allCases)
  func reading(_ nesting: Nesting) throws {
    let update = Self.update(nesting)
    var options = Document.Options()
    options.collectsGarbage = false
    let document = Document(clientID: 9, options: options)
    try document.apply(update)
    #expect(document.encodeUpdate() == update)
    let sizes = [
      document.jsonString().utf8.count, document.jsonString(pretty: true).utf8.count,
      document.treeDescription().utf8.count, document.xmlFragment("r").markup.utf8.count,
    ]
    // A line for people has a margin.
    #expect(sizes.allSatisfy { $0 < 300 * Self.depth }, "\(sizes)")
    _ = document.plainValue
    _ = document.xmlFragment("r").descendants.count
    try #expect(Update.convert(Update.convert(update, from: .v1, to: .v2), from: .v2, to: .v1) == update)
    try #expect(document.restored(at: document.snapshot).encodeUpdate() == update)
  }

  @Test("The innermost of many types is changed, observed from the outermost, undone and deleted with it")
  func changing() throws {
    let document = Document(clientID: 9)
    try document.apply(Self.update(.maps))
    let root = document.map("r")
    var inner = root
    while let next = inner["\\\""]?.map { inner = next }
    #expect(inner.path?.count == Self.depth)

    var paths: [Int] = []
    let subscription = root.observeDeep { events in paths = events.map { $0.path.count } }
    let undoManager = SharedUndoManager(.map(root))
    inner.set(1, forKey: "a")
    #expect(paths == [Self.depth])
    undoManager.stopCapturing()
    root.removeValue(forKey: "\\\"")
    #expect(undoManager.undo() != nil)
    #expect(root["\\\""]?.map != nil)
    #expect(undoManager.redo() != nil)
    #expect(root.count == 0)
    subscription.cancel()
  }
}
