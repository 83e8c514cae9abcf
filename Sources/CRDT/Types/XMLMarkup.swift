#if !hasFeature(Embedded)
  extension SharedXMLFragment {
    /// All nodes as markup.
    public var markup: String { XMLMarkup.string(of: .xmlFragment(self)) }
  }

  extension SharedXMLElement {
    /// The element and all inside as markup, attributes in the order of their names.
    public var markup: String { XMLMarkup.string(of: .xmlElement(self)) }
  }

  extension SharedXMLText {
    /// The text as markup, with an element around each stretch for every format in force there: a format's members
    /// are the element's attributes.
    public var markup: String { XMLMarkup.string(of: .xmlText(self)) }
  }

  extension SharedXMLHook {
    /// The hook as an empty element with its values as attributes.
    public var markup: String { XMLMarkup.string(of: .xmlHook(self)) }
  }

  /// Writes nodes as markup. Unlike Yjs, which writes characters as they are, it escapes what would be taken for markup.
  /// Nodes in the value of an attribute, or inside an array or map that stands among nodes, are null.
  struct XMLMarkup {
    private enum Step {
      case node(Content)
      case text(String)
    }

    static func string(of node: Content) -> String {
      var markup = ""
      // Peers choose how deep nodes nest, so they are worked off from a list.
      var open = [Step.node(node)]
      while let step = open.popLast() {
        switch step {
        case .text(let text): markup += text
        case .node(.xmlFragment(let fragment)):
          open.append(contentsOf: fragment.children.reversed().map { .node($0) })
        case .node(.xmlElement(let element)):
          markup += "<\(element.name)\(attributes(element.attributes.entries))>"
          open.append(.text("</\(element.name)>"))
          open.append(contentsOf: element.children.reversed().map { .node($0) })
        case .node(.xmlHook(let hook)): markup += "<\(hook.name)\(attributes(hook.map.entries))></\(hook.name)>"
        case .node(.xmlText(let node)): open.append(contentsOf: steps(node.text).reversed())
        case .node(let other): markup += escaped(text(of: other))
        }
      }
      return markup
    }

    /// What stands inside markup without being a node: a string as it is, all else as JSON.
    private static func text(of content: Content) -> String {
      switch content {
      case .value(.string(let string)): return string
      case .text(let text): return text.string
      default:
        var writer = JSONWriter(isPretty: false, writesMarkup: false)
        writer.write(content)
        return writer.output
      }
    }

    private static func attributes(_ attributes: [(key: String, value: Content)]) -> String {
      attributes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { " \($0.key)=\"\(escaped(text(of: $0.value)))\"" }.joined()
    }

    /// A text with its formats as elements; nodes that are embedded in it stand in their place.
    private static func steps(_ text: SharedText) -> [Step] {
      var steps: [Step] = []
      for operation in text.delta.operations {
        let (content, formats): (Step, Attributes)
        switch operation {
        case .insert(let string, let attributes): (content, formats) = (.text(escaped(string)), attributes)
        case .embed(let embedded, let attributes): (content, formats) = (.node(embedded), attributes)
        case .retain, .delete: continue
        }
        let elements = formats.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for element in elements {
          var members: [(key: String, value: Content)] = []
          if case .object(let object) = element.value { members = object.map { ($0.name, .value($0.value)) } }
          steps.append(.text("<\(element.name)\(attributes(members))>"))
        }
        steps.append(content)
        for element in elements.reversed() { steps.append(.text("</\(element.name)>")) }
      }
      return steps
    }

    private static func escaped(_ text: String) -> String {
      var escaped = ""
      for character in text.unicodeScalars {
        switch character {
        case "&": escaped += "&amp;"
        case "<": escaped += "&lt;"
        case ">": escaped += "&gt;"
        case "\"": escaped += "&quot;"
        default: escaped.unicodeScalars.append(character)
        }
      }
      return escaped
    }
  }
#endif
