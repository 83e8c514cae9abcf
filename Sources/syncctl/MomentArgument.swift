import ArgumentParser
import Foundation
import SyncNode

/// A moment in a room's history, as it is named on the command line: the number of an update, a time, or a version.
struct MomentArgument: ExpressibleByArgument {
  /// Which kind of name it is.
  enum Kind {
    case moment(StoreReader.Moment)
    case version(String)
  }

  let kind: Kind

  /// Reads a number, a day, or a time in the format ISO 8601, in UTC where there is no zone; all else is the name of a version.
  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    if let number = Int64(argument) {
      guard number >= 0 else { return nil }
      kind = .moment(.update(number))
    } else if let milliseconds = MomentArgument.milliseconds(argument) {
      kind = .moment(.time(milliseconds: milliseconds))
    } else {
      kind = .version(argument)
    }
  }

  private static func milliseconds(_ argument: String) -> Int64? {
    let text = argument.contains("T") ? argument : "\(argument)T00:00:00"
    let hasZone = text.hasSuffix("Z") || text.contains(/[+-]\d\d:?\d\d$/)
    let strategy = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
    guard let date = try? strategy.parse(hasZone ? text : "\(text)Z") else { return nil }
    return Int64((date.timeIntervalSince1970 * 1000).rounded())
  }
}

extension StoreReader.Moment {

  /// Says on stderr which moment it is, where not the one that was asked for, and refuses one that was never there.
  func check(_ past: StoreReader.PastDocument, room: String) throws {
    let name = Output.printable(room)
    switch self {
    case .update(let number) where number > past.updates:
      throw Failure(.unreachable, "`\(name)` has \(past.updates) updates: see `syncctl log \(name)`")
    case .update(let number) where number < past.updates:
      Output.note("the nearest moment that is kept is after update \(past.updates)")
    case .time where past.updates == 0:
      throw Failure(.unreachable, "nothing is known of `\(name)` at that time: see `syncctl log \(name)`")
    default: break
    }
  }
}
