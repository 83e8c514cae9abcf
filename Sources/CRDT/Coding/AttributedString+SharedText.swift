#if !hasFeature(Embedded) && (canImport(FoundationEssentials) || canImport(Foundation))
  #if canImport(FoundationEssentials)
    public import FoundationEssentials
  #else
    public import Foundation
  #endif

  extension SharedText {
    /// The text with its formats as attributes, in the scope ``AttributeScopes/SharedTextAttributes``. What is embedded is
    /// a character U+FFFC, a value with the attribute `embedded`.
    ///
    /// ```swift
    /// var string = body.attributedString
    /// string[range].bold = true
    /// body.update(to: string)
    /// ```
    /// - Complexity: O(*n*) in its length and its tombstones' spans.
    public var attributedString: AttributedString { AttributedString(delta) }

    /// Makes the text what an attributed string says, by few steps in one transaction: as
    /// ``update(to:)-(TextDelta)``. Attributes outside of ``AttributeScopes/SharedTextAttributes``, other than Foundation's
    /// `link`, do not count.
    public func update(to string: AttributedString) { update(to: TextDelta(string)) }
  }

  extension AttributedString {
    /// The text that a delta inserts, with its formats as attributes. Steps that retain or delete do not count.
    public init(_ delta: TextDelta) {
      self.init()
      for operation in delta.operations {
        switch operation {
        case .insert(let string, let attributes): append(AttributedString(string, attributes: attributes.container))
        case .embed(let content, let attributes):
          var container = attributes.container
          container.embedded = content.value
          append(AttributedString("\u{FFFC}", attributes: container))
        case .retain, .delete: break
        }
      }
    }
  }

  extension TextDelta {
    /// Insertions of a string's text and embedded values, with its attributes as formats.
    public init(_ string: AttributedString) {
      var builder = TextDeltaBuilder()
      for run in string.runs {
        let attributes = Attributes(run.attributes)
        var text = String.UnicodeScalarView()
        for scalar in string.unicodeScalars[run.range] {
          if scalar == "\u{FFFC}", let value = run.attributes.embedded {
            if !text.isEmpty { builder.insert(String(text), attributes) }
            text = String.UnicodeScalarView()
            builder.embed(.value(value), attributes)
          } else {
            text.append(scalar)
          }
        }
        if !text.isEmpty { builder.insert(String(text), attributes) }
      }
      self.init(builder.operations)
    }
  }

  extension Attributes {
    fileprivate init(_ container: AttributeContainer) {
      self = container.formats ?? [:]
      if container.bold == true { self["bold"] = true }
      if container.italic == true { self["italic"] = true }
      if container.underlined == true { self["underline"] = true }
      if container.struckThrough == true { self["strike"] = true }
      if container.code == true { self["code"] = true }
      if let link = container.link { self["link"] = .string(link.absoluteString) }
    }

    fileprivate var container: AttributeContainer {
      var container = AttributeContainer()
      var others = Attributes()
      for member in members {
        switch (member.name, member.value) {
        case ("bold", .bool(true)): container.bold = true
        case ("italic", .bool(true)): container.italic = true
        case ("underline", .bool(true)): container.underlined = true
        case ("strike", .bool(true)): container.struckThrough = true
        case ("code", .bool(true)): container.code = true
        case ("link", .string(let address)):
          // Only a URL that says the same again.
          if let link = URL(string: address), link.absoluteString.utf8.elementsEqual(address.utf8) {
            container.link = link
          } else {
            others["link"] = member.value
          }
        default: others[member.name] = member.value
        }
      }
      if !others.isEmpty { container.formats = others }
      return container
    }
  }
#endif
