import Foundation

/// The words of a text that is searched in or for: letters and digits that stand together, without case and accents.
///
/// Whatever else is in the text divides words, so nothing of it means anything to SQLite.
struct SearchWords: Equatable, Sendable {
  /// As many of a search count.
  static let countMax = 32
  /// As much of a word counts, and of a text.
  private static let bytesPerWordMax = 64
  private static let textBytesMax = 16 << 10

  let words: [String]

  /// The words of `text`, the first ones of a long one.
  init(_ text: String, countMax: Int = countMax) {
    // Characters that take several bytes become others: a word ends where a character is none of one.
    let folded = text.clipped(toBytes: SearchWords.textBytesMax).folding(
      options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
    let parts = folded.unicodeScalars.split(maxSplits: countMax, whereSeparator: { !SearchWords.isInWord($0) })
    words = parts.prefix(countMax).map { String($0).clipped(toBytes: SearchWords.bytesPerWordMax) }
  }

  /// As SQLite's tokenizer `unicode61` has it.
  private static func isInWord(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber, .privateUse:
      true
    default: false
    }
  }

  /// All words of a text that is searched in, in the form in which SQLite indexes them.
  static func indexed(_ text: String) -> String { SearchWords(text, countMax: .max).words.joined(separator: " ") }

  /// The words as an expression of FTS5; nil when there are none.
  var expression: String? {
    // Quotes, which words never have in them, so that AND and NEAR are words, too.
    words.isEmpty ? nil : words.map { "\"\($0)\"*" }.joined(separator: " ")
  }

  /// Whether a text has all words, each at the beginning of one of its own; false when there are none.
  func areIn(_ text: String) -> Bool {
    guard !words.isEmpty else { return false }
    let found = SearchWords(text, countMax: .max).words
    return words.allSatisfy { word in found.contains { $0.utf8.starts(with: word.utf8) } }
  }
}
