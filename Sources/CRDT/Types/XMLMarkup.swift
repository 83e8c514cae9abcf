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
          markup += "<\(element.name)\(attributes(element.attributes.entries.map { ($0.key, $0.value.plainText) }))>"
          open.append(.text("</\(element.name)>"))
          open.append(contentsOf: element.children.reversed().map { .node($0) })
        case .node(.xmlHook(let hook)):
          markup += "<\(hook.name)\(attributes(hook.map.entries.map { ($0.key, $0.value.plainText) }))></\(hook.name)>"
        case .node(.xmlText(let node)): markup += formatted(node.text)
        case .node(.text(let text)): markup += escaped(text.string)
        case .node(let other): markup += escaped(other.plainText)
        }
      }
      return markup
    }

    private static func attributes(_ attributes: [(name: String, value: String)]) -> String {
      attributes.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        .map { " \($0.name)=\"\(escaped($0.value))\"" }.joined()
    }

    private static func formatted(_ text: SharedText) -> String {
      var markup = ""
      for operation in text.delta.operations {
        let (content, formats): (String, Attributes)
        switch operation {
        case .insert(let string, let attributes): (content, formats) = (escaped(string), attributes)
        case .embed(let embedded, let attributes): (content, formats) = (escaped(embedded.plainText), attributes)
        case .retain, .delete: continue
        }
        let elements = formats.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for element in elements {
          var members: [(name: String, value: String)] = []
          if case .object(let object) = element.value {
            members = object.map { ($0.name, Content.value($0.value).plainText) }
          }
          markup += "<\(element.name)\(attributes(members))>"
        }
        markup += content
        for element in elements.reversed() { markup += "</\(element.name)>" }
      }
      return markup
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
