import CRDT

/// One line of `inspect --json`; `Documentation/json/inspect.schema.json` says which members each part has.
struct PartRecord: Encodable {
  /// A unit's name.
  struct ID: Encodable {
    let client: UInt64
    let clock: UInt64

    init(_ id: ItemID) { (client, clock) = (id.client.rawValue, id.clock) }
  }

  struct Parent: Encodable {
    var root: String?
    var item: ID?
  }

  struct ColumnBytes: Encodable {
    let column: String
    let offset: Int
    let length: Int
  }

  var part: String
  var depth: Int?
  var offset: Int?
  var length: Int?
  // The header.
  var kind: String?
  var encoding: String?
  var alsoFits: [String]?
  var bytes: Int?
  var sockets: Int?
  var frames: Int?
  var messages: Int?
  var clients: Int?
  var structs: UInt64?
  var deletions: Int?
  var deletedUnits: UInt64?
  var isDamaged: Bool?
  // Frames.
  var frame: Int?
  var socket: String?
  var time: String?
  var direction: String?
  // Parts.
  var list: String?
  var count: UInt64?
  var column: String?
  var client: UInt64?
  var clock: UInt64?
  var units: UInt64?
  var ranges: UInt64?
  var origin: ID?
  var rightOrigin: ID?
  var parent: Parent?
  var key: String?
  var content: String?
  var quotation: String?
  var columns: [ColumnBytes]?
  var state: String?
  var item: ID?
  var root: String?
  var type: ID?
  var side: String?
  var name: String?
  var details: [String: Detail]?
  // Damage.
  var field: String?
  var code: String?
  var reason: String?

  init(part: String) { self.part = part }

  init(_ explained: Explanation.Part, depth: Int, quoteMax: Int) {
    self.init(part: "")
    self.depth = depth
    offset = explained.bytes?.lowerBound
    length = explained.bytes?.count
    switch explained.content {
    case .list(let list, let count): (part, self.list, self.count) = ("list", list.rawValue, count)
    case .column(let name): (part, column) = ("column", name.rawValue)
    case .section(let client, let clock, let structs):
      (part, self.client, self.clock, self.structs) = ("section", client.rawValue, clock, structs)
    case .structure(let item): set(item, explained.columns, quoteMax: quoteMax)
    case .deletions(let client, let ranges): (part, self.client, self.ranges) = ("deletions", client.rawValue, ranges)
    case .deletion(let client, let clocks):
      (part, self.client, clock) = ("deletion", client.rawValue, clocks.lowerBound)
      units = clocks.upperBound - clocks.lowerBound
    case .clock(let client, let clock): (part, self.client, self.clock) = ("clock", client.rawValue, clock)
    case .state(let entry):
      (part, client, clock) = ("state", entry.client.rawValue, entry.clock)
      state = Quotation.shortened(String(decoding: entry.state, as: UTF8.self), lengthMax: quoteMax)
    case .position(let position): set(position)
    case .message(let name, let details):
      (part, self.name) = ("message", name)
      self.details = Dictionary(details.map { ($0.name, Detail(value: $0.value)) }) { first, _ in first }
    }
  }

  private mutating func set(_ item: Update.Struct, _ columns: [Explanation.Column], quoteMax: Int) {
    let quotation = Quotation(item.content, lengthMax: quoteMax)
    (part, client, clock, units) = ("struct", item.id.client.rawValue, item.id.clock, item.length)
    (content, self.quotation, key) = (quotation.kind, quotation.text, item.key)
    (origin, rightOrigin) = (item.origin.map { ID($0) }, item.rightOrigin.map { ID($0) })
    switch item.parent {
    case .root(let name): parent = Parent(root: name)
    case .item(let id): parent = Parent(item: ID(id))
    case nil: break
    }
    if item.bytes == nil {
      self.columns = columns.map {
        ColumnBytes(column: $0.name.rawValue, offset: $0.bytes.lowerBound, length: $0.bytes.count)
      }
    }
  }

  private mutating func set(_ position: RelativePosition) {
    (part, item) = ("position", position.item.map { ID($0) })
    side = position.association == .next ? "next" : "previous"
    guard item == nil else { return }
    switch position.type {
    case .root(let name): root = name
    case .nested(let id): type = ID(id)
    case nil: break
    }
  }
}

/// What a message says beside its parts: a number, a truth, a text or a list of them.
struct Detail: Encodable {
  let value: Value

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch value {
    case .number(let number): try container.encode(UInt64(number))
    case .bool(let bool): try container.encode(bool)
    case .array(let values): try container.encode(values.map { Detail(value: $0) })
    default: try container.encode(value.stringValue ?? "")
    }
  }
}
