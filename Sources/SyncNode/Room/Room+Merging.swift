import CRDT

/// Why an update that was to be merged is not. Nothing of it is in the document.
public struct UpdateRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  /// Why it is refused.
  public enum Kind: Sendable {
    /// The application does not want it: ``Hooks/validate``.
    case invalid
    /// It was written in a document that another has taken the place of.
    case outdated
    /// It would be more than a limit allows.
    case tooLarge
  }

  /// Why it is refused.
  public let kind: Kind
  /// Why, for people.
  public let description: String
}

extension Room {
  /// Applies what somebody wrote who has no connection, if a client could write it. Run by the room's executor.
  ///
  /// - Returns: Whether it held anything new.
  func merge(_ update: [UInt8], from origin: ChangeOrigin) throws -> Bool {
    guard try hasNews(update) else { return false }
    if let failure = refusalOfChanges { throw failure }
    if !retired.isEmpty, try retired.haveWritten(update, besides: document.stateVector) {
      throw UpdateRefusal(kind: .outdated, description: "the document was recreated meanwhile")
    }
    if let validate = environment.hooks.validate {
      let touched = try document.touchedPaths(by: update)
      do {
        try validate(ProposedUpdate(room: name, update: update, origin: origin, touched: touched))
      } catch {
        throw UpdateRefusal(kind: .invalid, description: "\(error)")
      }
    }
    if let (_, reason) = try update.withUnsafeBytes({ bytes throws(UpdateError) in try excess(of: bytes) }) {
      throw UpdateRefusal(kind: .tooLarge, description: reason)
    }
    var changes: [[UInt8]] = []
    let subscription = document.observeUpdates { changes.append($0.update) }
    defer { subscription.cancel() }
    let result = try document.apply(update)
    let wasWaiting = isWaiting
    isWaiting = result.isPending
    if wasWaiting, !isWaiting { tell(.complete) }
    // What waits for missing updates is in no event.
    if changes.isEmpty || isWaiting { changes = [update] }
    for change in changes { share(change, from: origin, sender: nil) }
    if isWaiting, result.pendingChanged { tell(.waiting(byteCount: result.pendingByteCount, from: origin)) }
    return true
  }
}
