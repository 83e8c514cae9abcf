import CRDT

/// Something that was done in a project, as its feed tells it; <doc:Activity> has the form in which it is stored.
///
/// An entry may grow: of several with the same ``id`` the one with the latest ``milliseconds`` holds.
public struct ActivityEntry: Hashable, Codable, Identifiable, Sendable {
  /// What was done: one of those that nodes tell, or the application's own.
  public struct Kind: RawRepresentable, ExpressibleByStringLiteral, Hashable, Codable, Sendable {
    /// Its name: 1 to 64 letters of ASCII, digits, `.`, `-` and `_`.
    public let rawValue: String

    /// The kind of a name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The kind of a name.
    public init(stringLiteral name: String) { rawValue = name }

    /// Somebody came who was not there.
    public static let joined = Kind(rawValue: "joined")
    /// Somebody went, and did not come back within a moment.
    public static let left = Kind(rawValue: "left")
    /// Somebody changed the document.
    public static let edited = Kind(rawValue: "edited")
    /// Somebody gave a moment of the document a name.
    public static let versionCreated = Kind(rawValue: "version-created")
    /// Somebody took a version out of the list.
    public static let versionRemoved = Kind(rawValue: "version-removed")

    /// Those that only nodes tell.
    public static let ofNodes: Set<Kind> = [.joined, .left, .edited, .versionCreated, .versionRemoved]

    static let bytesMax = 64

    /// Whether the name is one.
    var isValid: Bool {
      (1...Kind.bytesMax).contains(rawValue.utf8.count)
        && rawValue.utf8.allSatisfy { byte in
          switch byte {
          case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
          default: false
          }
        }
    }
  }

  /// Tells the entry from all others.
  public let id: String
  /// What was done.
  public let kind: Kind
  /// Who did it: the subject of a grant; nil when that is not known.
  public let user: String?
  /// Where it came from when it is not known who did it: `application`, `command line`, a client's address, or `client`.
  public let source: String?
  /// When it began, in milliseconds since 1970, by the clock of the node that tells it.
  public let sinceMilliseconds: Int64
  /// When it was done, or went on last.
  public internal(set) var milliseconds: Int64
  /// Where in the document, as in `tasks/0/title`: a `/` within a step is `~1` there, and a `~` is `~0`. Nil when it is at no
  /// place, or at many.
  public let path: String?
  /// Units that came: UTF-16 units of text, elements, values of a key.
  public internal(set) var inserted = 0
  /// Units that were deleted.
  public internal(set) var deleted = 0
  /// Formatting marks that came.
  public internal(set) var formats = 0
  /// Places that are told of as one; 1 for most.
  public internal(set) var places = 1
  /// Bytes of updates that were too large to be looked into.
  public internal(set) var bytes = 0
  /// Of an edit, what is left of what was written, shortened; else what the application says, or the name of a version.
  public internal(set) var text: String?

  init(
    id: String, kind: Kind, author: ActivityAuthor, milliseconds: Int64, path: String? = nil, text: String? = nil
  ) {
    self.id = id
    self.kind = kind
    user = author.user
    source = author.source
    sinceMilliseconds = milliseconds
    self.milliseconds = milliseconds
    self.path = path
    self.text = text
  }
}

/// Who did something, as far as a feed may say.
struct ActivityAuthor: Hashable, Sendable {
  /// The subject of a grant; nil when that is not known.
  let user: String?
  /// Where it came from, when it is not known who it was.
  let source: String?

  /// Who is known by name.
  init(user: String) {
    self.user = user
    source = nil
  }

  /// Whoever is at a place.
  init(source: String) {
    user = nil
    self.source = source
  }

  static let application = ActivityAuthor(source: "application")
  static let commandLine = ActivityAuthor(source: "command line")
}

// MARK: Newest first

extension ActivityEntry {
  /// A place among the entries of a feed, the newest of which come first.
  public struct Cursor: Hashable, Comparable, Sendable, CustomStringConvertible, LosslessStringConvertible {
    let milliseconds: Int64
    let id: String

    init(milliseconds: Int64, id: String) {
      self.milliseconds = milliseconds
      self.id = id
    }

    /// Reads what ``description`` has written; nil when it is something else.
    public init?(_ description: String) {
      let parts = description.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let milliseconds = Int64(parts[0]),
        (1...ActivityEntry.idBytesMax).contains(parts[1].utf8.count)
      else { return nil }
      self.init(milliseconds: milliseconds, id: String(parts[1]))
    }

    /// The cursor in a form that fits into a query.
    public var description: String { "\(milliseconds).\(id)" }

    /// Whether `left` is older than `right`.
    public static func < (left: Cursor, right: Cursor) -> Bool {
      if left.milliseconds != right.milliseconds { return left.milliseconds < right.milliseconds }
      // As SQLite compares them.
      return left.id.utf8.lexicographicallyPrecedes(right.id.utf8)
    }
  }

  static let idBytesMax = 64

  /// An identifier that nobody else draws.
  static func makeID(using generator: inout some RandomNumberGenerator) -> String {
    let digits = String(UInt64.random(in: .min ... .max, using: &generator), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Where the entry is.
  public var cursor: Cursor { Cursor(milliseconds: milliseconds, id: id) }
}

// MARK: In a document

extension ActivityEntry {
  /// What any text of an entry may have at most, whoever wrote it.
  static let textBytesMax = 4000

  /// Reads an entry of a feed's log; nil when it is none.
  init?(_ entry: BoundedLog.Entry) {
    guard let time = entry.time, let id = entry.value["id"].stringValue, let kind = entry.value["kind"].stringValue,
      (1...ActivityEntry.idBytesMax).contains(id.utf8.count), Kind(rawValue: kind).isValid
    else { return nil }
    func text(_ name: String) -> String? {
      entry.value[name].stringValue.map { $0.clipped(toBytes: ActivityEntry.textBytesMax) }
    }
    func count(_ name: String) -> Int? { entry.value[name].intValue.flatMap { $0 >= 0 ? $0 : nil } }
    self.id = id
    self.kind = Kind(rawValue: kind)
    user = text("user")
    source = text("source")
    milliseconds = time
    sinceMilliseconds = min(entry.value["since"].intValue.map { Int64($0) } ?? time, time)
    path = text("path")
    inserted = count("inserted") ?? 0
    deleted = count("deleted") ?? 0
    formats = count("formats") ?? 0
    places = count("places") ?? 1
    bytes = count("bytes") ?? 0
    self.text = text("text")
  }

  /// The entry as it stands in a feed's log. What says nothing is left out.
  var logged: BoundedLog.Entry {
    var members = [Value.Member("id", .string(id)), Value.Member("kind", .string(kind.rawValue))]
    func add(_ name: String, _ value: Value?) {
      if let value { members.append(Value.Member(name, value)) }
    }
    add("user", user.map { .string($0) })
    add("source", source.map { .string($0) })
    add("since", sinceMilliseconds == milliseconds ? nil : Value(sinceMilliseconds))
    add("path", path.map { .string($0) })
    add("inserted", inserted == 0 ? nil : Value(inserted))
    add("deleted", deleted == 0 ? nil : Value(deleted))
    add("formats", formats == 0 ? nil : Value(formats))
    add("places", places == 1 ? nil : Value(places))
    add("bytes", bytes == 0 ? nil : Value(bytes))
    add("text", text.map { .string($0) })
    return BoundedLog.Entry(.object(members), time: milliseconds)
  }
}

extension String {
  /// As much of the beginning as has no more bytes, in whole characters of Unicode.
  func clipped(toBytes byteCountMax: Int) -> String {
    guard utf8.count > byteCountMax else { return self }
    var end = utf8.index(utf8.startIndex, offsetBy: byteCountMax)
    while end > startIndex, String.Index(end, within: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
