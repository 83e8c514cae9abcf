/// What a replica lacks of a document, as updates that are applied one after the other: no struct depends on one in a
/// later update, so that nothing waits that would not wait in the document, too.
///
/// ```swift
/// var series = UpdateSeries(of: document, since: peer.stateVector)
/// while !series.isFinished {
///   for update in series.next(ofAbout: 256 << 10) { send(update) }
/// }
/// ```
/// For a document that is too large for one message. Each update is encoded when it is asked for, from the document as it
/// is then: what is still to come takes no memory, and what is written in the meantime becomes part of the series.
public struct UpdateSeries {
  private let document: Document
  private let vector: StateVector
  /// For each client, by its number in the document, the first unit that is not in the series yet.
  private var positions: [UInt32] = []
  /// Whether all that the document had at the end has been given out.
  public private(set) var isFinished = false

  /// A series for a replica that knows `vector`.
  public init(of document: Document, since vector: StateVector) {
    self.document = document
    self.vector = vector
  }

  /// The next updates. One as a rule; in the end all that remain, the last of which may be without content: deletions, and
  /// what waits for missing updates, are given out as they were at one moment.
  ///
  /// - Parameter byteCount: Bytes that an update should have, at least 1. Where a single value is larger, it is larger.
  /// - Returns: One update or more; none once the series is finished.
  /// - Complexity: O(*k*) in the bytes of the updates, and O(*n*) in the document's clients; in the end O(*n*) in its
  ///   tombstones.
  public mutating func next(ofAbout byteCount: Int) -> [[UInt8]] {
    precondition(byteCount > 0, "an update has a byte or more")
    if isFinished { return [] }
    let isFirst = positions.isEmpty
    meetClients()
    var sections = ByteWriter()
    let isLast = document.store.pointee.encodePart(from: &positions, byteCount: byteCount, to: &sections)
    guard isLast else {
      // No deletions.
      sections.writeByte(0)
      return [sections.bytes()]
    }
    isFinished = true
    if document.pending != nil {
      if isFirst { return [document.encodeUpdate(since: vector)] }
      sections.writeByte(0)
      return [sections.bytes()] + cut(remainder, byteCount)
    }
    // No sections; behind their number the deletions.
    let deletions = remainder.dropFirst()
    if sections.count + deletions.count > byteCount, deletions.count > 1 {
      sections.writeByte(0)
      return [sections.bytes()] + cut([0] + deletions, byteCount)
    }
    deletions.withUnsafeBytes { sections.writeBytes($0) }
    return [sections.bytes()]
  }

  /// Starts with what was written by clients that have come up since.
  private mutating func meetClients() {
    for client in positions.count..<document.store.pointee.clientCount {
      let known = vector[ClientID(rawValue: document.store.pointee.history(ClientIndex(client)).pointee.client)]
      positions.append(UInt32(clamping: known))
    }
  }

  /// All deletions, and what waits.
  private var remainder: [UInt8] {
    var known = document.stateVector
    known.formUnion(vector)
    return document.encodeUpdate(since: known)
  }

  private func cut(_ update: [UInt8], _ byteCount: Int) -> [[UInt8]] {
    do {
      return try Update.parts(of: update, ofAbout: byteCount)
    } catch {
      preconditionFailure("the document's own update cannot be read: \(error)")
    }
  }
}
