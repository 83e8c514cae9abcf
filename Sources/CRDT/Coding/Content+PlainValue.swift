#if !hasFeature(Embedded)
  extension Content {
    /// What is there now as a plain value: a text as a string, an array and a map with all inside, an XML node as its
    /// markup, a subdocument as its identifier.
    ///
    /// A peer can nest shared types as deep as it likes; what lies deeper than ``ValueCodec/depthMax`` reads as
    /// `undefined`.
    ///
    /// - Complexity: O(*n*) in all that is inside.
    public var plainValue: Value { plainValue(depth: 0) }

    fileprivate func plainValue(depth: Int) -> Value {
      guard depth <= ValueCodec.depthMax else { return .undefined }
      return switch self {
      case .value(let value): value
      case .text(let text): .string(text.string)
      case .array(let array): .array(array.values.map { $0.plainValue(depth: depth + 1) })
      case .map(let map):
        .object(map.entries.map { Value.Member($0.key, $0.value.plainValue(depth: depth + 1)) })
      case .xmlFragment, .xmlElement, .xmlText, .xmlHook: .string(XMLMarkup.string(of: self))
      case .document(let document): .string(document.guid)
      }
    }
  }

  extension SharedMap {
    /// What is there now as an object, in the form of ``Content/plainValue``.
    public var plainValue: Value { Content.map(self).plainValue }
  }

  extension SharedArray {
    /// What is there now as an array of values, in the form of ``Content/plainValue``.
    public var plainValue: Value { Content.array(self).plainValue }
  }

  extension Document {
    /// All roots by name as an object, in the form of ``Content/plainValue``.
    public var plainValue: Value {
      .object(roots.map { Value.Member($0.name, $0.content.plainValue(depth: 1)) })
    }
  }
#endif
