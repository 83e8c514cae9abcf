/// Which rooms a link replicates.
public enum RoomSelection: Equatable, Sendable {
  /// All that either side has.
  case all
  /// Those whose name matches one of the patterns, in which `*` stands for any characters or none.
  case matching([String])
  /// Those that are open in this process or by its clients, for as long as they are.
  case inUse

  /// Whether the room `name` is replicated. Of ``inUse`` only the side that asked for it knows more.
  func includes(_ name: String) -> Bool {
    switch self {
    case .all, .inUse: true
    case .matching(let patterns): patterns.contains { RoomSelection.matches(name, $0) }
    }
  }

  /// Whether a name matches a pattern, in which `*` stands for any characters or none.
  ///
  /// - Complexity: O(*n* · *m*) in the lengths, whatever the pattern.
  package static func matches(_ name: String, _ pattern: String) -> Bool { matches(name.utf8, pattern.utf8) }

  private static func matches(_ name: String.UTF8View, _ pattern: String.UTF8View) -> Bool {
    let star = UInt8(ascii: "*")
    var (position, place) = (name.startIndex, pattern.startIndex)
    // Where to go on when what follows the last star turns out not to match: one character further.
    var retry: (position: String.UTF8View.Index, place: String.UTF8View.Index)?
    while position < name.endIndex {
      if place < pattern.endIndex, pattern[place] == star {
        place = pattern.index(after: place)
        retry = (position, place)
      } else if place < pattern.endIndex, pattern[place] == name[position] {
        place = pattern.index(after: place)
        position = name.index(after: position)
      } else if let (start, behindStar) = retry {
        position = name.index(after: start)
        place = behindStar
        retry = (position, behindStar)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == star }
  }
}
