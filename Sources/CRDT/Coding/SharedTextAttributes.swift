#if !hasFeature(Embedded) && (canImport(FoundationEssentials) || canImport(Foundation))
  #if canImport(FoundationEssentials)
    public import FoundationEssentials
  #else
    public import Foundation
  #endif

  extension AttributeScopes {
    /// The formats of a shared text as attributes of an `AttributedString`.
    ///
    /// The names that most editors share have attributes of their own; ``formats`` has all others, and those with values
    /// that their own attribute cannot hold. A format `link` is Foundation's attribute of that name where it is a URL.
    public struct SharedTextAttributes: AttributeScope {
      /// The format `bold`.
      public let bold: Bold
      /// The format `italic`.
      public let italic: Italic
      /// The format `underline`.
      public let underlined: Underlined
      /// The format `strike`.
      public let struckThrough: StruckThrough
      /// The format `code`.
      public let code: Code
      /// All other formats.
      public let formats: Formats
      /// The value that a character U+FFFC stands for.
      public let embedded: Embedded

      /// The format `bold`.
      public enum Bold: AttributedStringKey {
        /// Present or not.
        public typealias Value = Bool
        /// The attribute's name.
        public static let name = "SharedText.bold"
      }

      /// The format `italic`.
      public enum Italic: AttributedStringKey {
        /// Present or not.
        public typealias Value = Bool
        /// The attribute's name.
        public static let name = "SharedText.italic"
      }

      /// The format `underline`.
      public enum Underlined: AttributedStringKey {
        /// Present or not.
        public typealias Value = Bool
        /// The attribute's name.
        public static let name = "SharedText.underlined"
      }

      /// The format `strike`.
      public enum StruckThrough: AttributedStringKey {
        /// Present or not.
        public typealias Value = Bool
        /// The attribute's name.
        public static let name = "SharedText.struckThrough"
      }

      /// The format `code`.
      public enum Code: AttributedStringKey {
        /// Present or not.
        public typealias Value = Bool
        /// The attribute's name.
        public static let name = "SharedText.code"
      }

      /// All formats without an attribute of their own.
      public enum Formats: AttributedStringKey {
        /// Formats by name.
        public typealias Value = Attributes
        /// The attribute's name.
        public static let name = "SharedText.formats"
      }

      /// A value in the place of a character U+FFFC.
      public enum Embedded: AttributedStringKey {
        /// The value.
        public typealias Value = CRDT.Value
        /// The attribute's name.
        public static let name = "SharedText.embedded"
      }
    }

    /// The formats of a shared text.
    public var sharedText: SharedTextAttributes.Type { SharedTextAttributes.self }
  }

  extension AttributeDynamicLookup {
    /// Gives attributed strings the attributes of shared texts, as in `string.bold`.
    public subscript<Key: AttributedStringKey>(
      dynamicMember keyPath: KeyPath<AttributeScopes.SharedTextAttributes, Key>
    ) -> Key { self[Key.self] }
  }
#endif
