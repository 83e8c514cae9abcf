/// A root of a document: a name, and what it is read as.
public struct Root {
  let document: Document
  let type: TypeIndex

  /// The root's name.
  public let name: String
  /// How it was asked for here; ``TypeKind/unknown`` when it came from a peer and was not asked for.
  public let kind: TypeKind

  /// What the root holds. Where the kind is unknown it is told by the content: keys make a map, text a text, XML nodes a
  /// fragment, all else an array.
  public var content: Content {
    switch readableKind {
    case .text: .text(SharedText(document: document, type: type))
    case .map: .map(SharedMap(document: document, type: type))
    case .array, .unknown: .array(SharedArray(document: document, type: type))
    case .xmlFragment: .xmlFragment(SharedXMLFragment(document: document, type: type))
    case .xmlElement, .xmlHook, .xmlText: document.content(ofType: type)
    }
  }

  /// The kind, told by the content where it is unknown.
  var readableKind: TypeKind { kind == .unknown ? guessedKind : kind }

  private var guessedKind: TypeKind {
    let store = document.store
    let record = store.pointee.types[Int(type)]
    guard record.list >= 0 else { return record.firstChain >= 0 ? .map : .unknown }
    var kind = TypeKind.array
    store.pointee.forEachVisibleSpan(of: record.list) { unit, count in
      store.pointee.forEachRun(in: UnitRange(unit: unit, count: count)) { run, clocks in
        switch run.kind {
        case .string, .embed, .format: kind = .text
        case .type:
          let nested = store.pointee.history(unit.client).pointee.cell(of: clocks.lowerBound, in: run).type
          switch store.pointee.types[Int(nested)].kind {
          case .xmlElement, .xmlText, .xmlHook: kind = .xmlFragment
          default: break
          }
        default: break
        }
      }
    }
    return kind
  }
}
