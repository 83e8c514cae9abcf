/// Who came, who said something and who left, for those who show it.
///
/// A client counts by whether it was present before and is after; so one that comes back after it left is added, where
/// y-protocols reports it as updated.
public struct AwarenessChanges: Sendable {
  /// Clients that were not present and are now.
  public internal(set) var added: [ClientID] = []
  /// Clients that were present and have stated themselves again, the same state or another one.
  public internal(set) var updated: [ClientID] = []
  /// Clients that were present and are not any more.
  public internal(set) var removed: [ClientID] = []

  /// What each updated client said before, and what it says now.
  var replacements: [(old: [UInt8], new: [UInt8])] = []

  /// Whether nobody came, left or said anything.
  public var isEmpty: Bool { added.isEmpty && updated.isEmpty && removed.isEmpty }

  init() {}

  /// - Parameters:
  ///   - old: The client's state before; nil when it was not present.
  ///   - new: Its state now; nil when it is not present.
  mutating func note(_ client: ClientID, from old: [UInt8]?, to new: [UInt8]?) {
    switch (old, new) {
    case (nil, nil): break
    case (nil, _): added.append(client)
    case (_, nil): removed.append(client)
    case (let old?, let new?):
      updated.append(client)
      replacements.append((old, new))
    }
  }
}

extension AwarenessChanges: Equatable {
  /// Whether the same clients came, spoke and left, in the same order.
  public static func == (left: AwarenessChanges, right: AwarenessChanges) -> Bool {
    left.added == right.added && left.updated == right.updated && left.removed == right.removed
  }
}
