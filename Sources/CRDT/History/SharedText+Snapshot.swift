extension SharedText {
  /// A part of a text at two moments: what came or went together, or stayed, and has the same formats.
  public struct Piece: Equatable {
    /// The characters; U+FFFC for what is embedded.
    public var text: String
    /// What is embedded, if the piece is not text. It counts one unit.
    public let embedded: Content?
    /// The formats in force there at the second moment.
    public let attributes: Attributes
    /// Whether it is there at both moments.
    public let change: SnapshotChange
  }

  /// The text at a moment, without what is embedded in it.
  ///
  /// It is complete in documents that do not collect garbage; elsewhere deleted content may be missing.
  ///
  /// - Complexity: O(*n*) in its length and its tombstones' spans.
  public func string(at snapshot: Snapshot) -> String {
    let resolved = ResolvedSnapshot(snapshot, in: document.store.pointee)
    let store = document.store
    var writer = ByteWriter()
    store.pointee.forEachStretch(of: store.pointee.types[Int(type)].list, at: resolved, and: resolved) {
      range, kind, _, _ in
      guard kind == .string else { return }
      store.pointee.history(range.unit.client).pointee.writeUTF8(of: range.clocks, to: &writer)
    }
    return writer.withBytes { String(decoding: $0, as: UTF8.self) }
  }

  /// The text at a moment, with its formats and with what was embedded in it.
  ///
  /// It is complete in documents that do not collect garbage; elsewhere deleted content may be missing.
  ///
  /// - Complexity: O(*n*) in its length and its tombstones' spans.
  public func delta(at snapshot: Snapshot) -> TextDelta {
    var builder = TextDeltaBuilder()
    for piece in changes(from: snapshot, to: snapshot) {
      if let embedded = piece.embedded {
        builder.embed(embedded, piece.attributes)
      } else {
        builder.insert(piece.text, piece.attributes)
      }
    }
    return TextDelta(builder.operations)
  }

  /// What stayed, came and went between two moments, in the order of the text; what went stands where it stood.
  ///
  /// - Complexity: O(*n*) in its length and its tombstones' spans.
  public func changes(from first: Snapshot, to second: Snapshot) -> [Piece] {
    let store = document.store
    var pieces: [Piece] = []
    var formats = Formats()
    var attributes = Attributes()
    document.forEachChange(of: type, from: first, to: second, withMarks: true) { range, kind, change in
      switch kind {
      case .format:
        // A mark counts as long as it is there at the second moment.
        if case .removed = change { return }
        for clock in range.clocks {
          let mark = store.pointee.format(of: UnitID(client: range.unit.client, clock: clock))
          formats.update(mark.name, mark.value)
        }
        attributes = store.pointee.attributes(formats)
      case .string:
        let text = store.pointee.text(of: range.unit, count: range.count)
        if let last = pieces.last, last.embedded == nil, last.change == change, last.attributes == attributes {
          pieces[pieces.count - 1].text += text
        } else {
          pieces.append(Piece(text: text, embedded: nil, attributes: attributes, change: change))
        }
      case .embed, .type:
        for clock in range.clocks {
          let embedded = document.content(UnitID(client: range.unit.client, clock: clock))
          pieces.append(Piece(text: "\u{FFFC}", embedded: embedded, attributes: attributes, change: change))
        }
      default: break
      }
    }
    return pieces
  }
}
