/// The other nodes that have a room open with us, in the order in which they came.
struct RoomPeers {
  private var entries: [(member: Member, progress: PeerProgress)] = []

  var count: Int { entries.count }
  var isEmpty: Bool { entries.isEmpty }
  var members: [Member] { entries.map(\.member) }

  /// How far one of them is; nil when it does not have the room open. Nil forgets it.
  ///
  /// - Complexity: O(*n*) for *n* peers.
  subscript(member: Member) -> PeerProgress? {
    get { entries.first { $0.member === member }?.progress }
    _modify {
      let index = entries.firstIndex { $0.member === member }
      var progress: PeerProgress?
      if let index { (progress, entries[index].progress) = (entries[index].progress, .gone) }
      yield &progress
      switch (index, progress) {
      case (let index?, let progress?): entries[index].progress = progress
      case (let index?, nil): entries.remove(at: index)
      case (nil, let progress?): entries.append((member, progress))
      case (nil, nil): break
      }
    }
  }
}

extension PeerProgress {
  /// Stands in for one that is being changed.
  fileprivate static var gone: PeerProgress { PeerProgress(acknowledgedSequence: 0, lastSent: 0) }
}
