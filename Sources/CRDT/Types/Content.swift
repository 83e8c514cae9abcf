/// What an array holds at an index, or a map for a key.
public enum Content: Equatable {
  /// A plain value.
  case value(Value)
  /// A nested text.
  case text(SharedText)
  /// A nested array.
  case array(SharedArray)
  /// A nested map.
  case map(SharedMap)
  /// A nested list of XML nodes.
  case xmlFragment(SharedXMLFragment)
  /// A nested XML element.
  case xmlElement(SharedXMLElement)
  /// A nested text of XML.
  case xmlText(SharedXMLText)
  /// A nested XML node whose meaning is the application's.
  case xmlHook(SharedXMLHook)
  /// A document inside this one.
  case document(Document)

  /// The plain value, or nil.
  public var value: Value? { if case .value(let value) = self { value } else { nil } }
  /// The nested text, or nil.
  public var text: SharedText? { if case .text(let text) = self { text } else { nil } }
  /// The nested array, or nil.
  public var array: SharedArray? { if case .array(let array) = self { array } else { nil } }
  /// The nested map, or nil.
  public var map: SharedMap? { if case .map(let map) = self { map } else { nil } }
  /// The nested XML element, or nil.
  public var xmlElement: SharedXMLElement? { if case .xmlElement(let element) = self { element } else { nil } }
  /// The nested text of XML, or nil.
  public var xmlText: SharedXMLText? { if case .xmlText(let text) = self { text } else { nil } }
  /// The document inside this one, or nil.
  public var subdocument: Document? { if case .document(let document) = self { document } else { nil } }
}

extension Document {
  /// What a unit holds.
  func content(_ unit: UnitID) -> Content {
    let store = store
    let run = store.pointee.history(unit.client).pointee.run(of: unit.clock)
    guard run.kind.hasCell else {
      return .value(run.kind == .string ? .string(store.pointee.text(of: unit, count: 1)) : .undefined)
    }
    let cell = store.pointee.history(unit.client).pointee.cell(of: unit.clock, in: run)
    switch run.kind {
    case .type: return content(ofType: cell.type)
    case .document: return .document(subdocument(at: unit, cell))
    default: return .value(Self.value(of: cell, kind: run.kind))
    }
  }

  func content(ofType type: TypeIndex) -> Content {
    switch store.pointee.types[Int(type)].kind {
    case .text: .text(SharedText(document: self, type: type))
    case .array, .unknown: .array(SharedArray(document: self, type: type))
    case .map: .map(SharedMap(document: self, type: type))
    case .xmlFragment: .xmlFragment(SharedXMLFragment(document: self, type: type))
    case .xmlElement: .xmlElement(SharedXMLElement(document: self, type: type))
    case .xmlText: .xmlText(SharedXMLText(document: self, type: type))
    case .xmlHook: .xmlHook(SharedXMLHook(document: self, type: type))
    }
  }

  private static func value(of cell: Cell, kind: ContentKind) -> Value {
    cell.withBytes { bytes in
      // Content that was given up has no bytes.
      guard !bytes.isEmpty else { return .undefined }
      var reader = ByteReader(bytes)
      // The bytes were checked when they came in.
      switch kind {
      case .any: return try! ValueCodec.read(&reader)
      case .binary: return .bytes([UInt8](try! reader.readVarBytes()))
      case .json, .embed: return JSONText.value(try! reader.readVarString())
      default: return .undefined
      }
    }
  }
}

extension DocumentStore {
  /// The text of consecutive units that stand side by side; U+FFFC for a unit that is not text.
  func text(of unit: UnitID, count: UInt32) -> String {
    var writer = ByteWriter(capacity: Int(count) + 16)
    forEachRun(in: UnitRange(unit: unit, count: count)) { run, clocks in
      if run.kind == .string {
        history(unit.client).pointee.writeUTF8(of: clocks, to: &writer)
      } else {
        for _ in clocks { "\u{FFFC}".utf8.forEach { writer.writeByte($0) } }
      }
    }
    return writer.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// Calls `body` with each visible span of a sequence, in document order.
  func forEachVisibleSpan(of sequence: SequenceIndex, _ body: (UnitID, UInt32) -> Void) {
    guard sequence >= 0 else { return }
    var index = sequences[Int(sequence)].first
    while index >= 0 {
      let here = leaf(index)
      for span in 0..<here.count where here.lengths[span] > 0 {
        body(UnitID(client: here.clients[span], clock: here.clocks[span]), here.units(span))
      }
      index = here.next
    }
  }
}
