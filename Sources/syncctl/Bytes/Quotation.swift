import CRDT

/// What units hold, in a few characters for people.
struct Quotation {
  /// The content's kind; `gc` and `skip` are what Yjs calls such structs.
  let kind: String
  /// The beginning of what the content says; nil where it says nothing.
  let text: String?

  /// - Parameter lengthMax: Characters of the text at most.
  init(_ content: Update.Payload, lengthMax: Int) {
    let (kind, text) = Quotation.parts(content, lengthMax: lengthMax)
    (self.kind, self.text) = (kind, text.map { Quotation.shortened($0, lengthMax: lengthMax) })
  }

  private static func parts(_ content: Update.Payload, lengthMax: Int) -> (kind: String, text: String?) {
    switch content {
    case .collected: ("gc", nil)
    case .skipped: ("skip", nil)
    case .deleted: ("deleted", nil)
    case .text(let text): ("text", text)
    case .values(let values): ("values", Value.array(values).jsonString())
    case .legacyValues(let values): ("legacy-values", Value.array(values).jsonString())
    case .bytes(let bytes): ("bytes", ByteEncoding.hex.text(of: Array(bytes.prefix(lengthMax))))
    case .embed(let value): ("embed", value.jsonString())
    case .format(let key, let value): ("format", "\(key)=\(value.jsonString())")
    case .type(let kind, let name): ("type", name.map { "\(kind) \($0)" } ?? "\(kind)")
    case .document(let guid, let options): ("document", "\(guid) \(options.jsonString())")
    }
  }

  /// The beginning of a text, with `…` where it goes on.
  static func shortened(_ text: String, lengthMax: Int) -> String {
    let start = text.unicodeScalars.prefix(lengthMax)
    return start.endIndex == text.unicodeScalars.endIndex ? text : String(start) + "…"
  }

  /// A text in quotation marks, on one line and without what a terminal would act on.
  static func quoted(_ text: String) -> String { Output.printable(Value.string(text).jsonString()) }
}
