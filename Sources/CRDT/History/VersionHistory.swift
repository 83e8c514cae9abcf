/// Named versions of a document, kept in the document itself, so that all replicas have them.
///
/// A version is a plain object in a root array, by the convention of Yjs' demos: `date` in milliseconds since 1970,
/// `snapshot` as the bytes of a snapshot in format V1, and `clientID`; `name` and `author` are added where they are given.
/// Any Yjs client can read them.
///
/// Only documents that do not collect garbage hold what old versions need.
public struct VersionHistory {
  /// A moment that somebody thought worth a name.
  public struct Version: Equatable, Sendable {
    /// What it is called.
    public let name: String?
    /// Who made it.
    public let author: String?
    /// When, in milliseconds since 1970.
    public let date: Double
    /// Whose document it was made in.
    public let clientID: ClientID
    /// The moment.
    public let snapshot: Snapshot
  }

  /// The array that holds the versions.
  public let array: SharedArray

  /// The versions in a root array of the document.
  public init(_ document: Document, root: String = "versions") { array = document.array(root) }

  /// All versions in the order of the array; what is none is left out.
  ///
  /// - Complexity: O(*n*) in the bytes of the array.
  public var versions: [Version] { array.values.compactMap { Self.version($0) } }

  /// Makes this moment a version.
  ///
  /// - Parameter date: Milliseconds since 1970.
  @discardableResult
  public func create(name: String? = nil, author: String? = nil, date: Double) -> Version {
    let document = array.document
    let version = Version(
      name: name, author: author, date: date, clientID: document.clientID, snapshot: document.snapshot)
    var members = [
      Value.Member("date", .number(date)), Value.Member("snapshot", .bytes(version.snapshot.encode())),
      Value.Member("clientID", .number(Double(version.clientID.rawValue))),
    ]
    if let name { members.append(Value.Member("name", .string(name))) }
    if let author { members.append(Value.Member("author", .string(author))) }
    array.append(.object(members))
    return version
  }

  /// Takes a version out of the list. Does nothing when it is not there.
  public func remove(_ version: Version) {
    guard let index = array.values.firstIndex(where: { Self.version($0) == version }) else { return }
    array.delete(at: index)
  }

  /// Makes all roots but the list of versions hold what they held at a version, by a new change: what has gone since is
  /// written again, what has come since is deleted, and what others write meanwhile is merged with it.
  ///
  /// - Parameter origin: Handed to observers.
  /// - Throws: ``SnapshotError``; the document is unchanged then.
  /// - Complexity: O(*n*) in the document's items.
  public func restore(_ version: Version, origin: Origin? = nil) throws(SnapshotError) {
    try array.document.restore(version.snapshot, except: array, origin: origin)
  }

  private static func version(_ content: Content) -> Version? {
    guard let value = content.value, case .bytes(let bytes) = value["snapshot"],
      let date = value["date"].doubleValue, let client = value["clientID"].doubleValue,
      client >= 0, client <= Double(ClientID.max.rawValue)
    else { return nil }
    do throws(UpdateError) {
      return Version(
        name: value["name"].stringValue, author: value["author"].stringValue, date: date,
        clientID: ClientID(rawValue: UInt64(client)), snapshot: try Snapshot(decoding: bytes))
    } catch {
      return nil
    }
  }
}
