import ArgumentParser
import Foundation
import SyncNode

/// A moment in a room's history, as it is named on the command line: the number of an update, or a time.
struct MomentArgument: ExpressibleByArgument {
  let moment: StoreReader.Moment

  /// Reads a number, a day, or a time in the format ISO 8601; times without a zone are in UTC.
  init?(argument: String) {
    if let number = Int64(argument) {
      guard number >= 0 else { return nil }
      moment = .update(number)
      return
    }
    let text = argument.contains("T") ? argument : "\(argument)T00:00:00"
    let hasZone = text.hasSuffix("Z") || text.contains(/[+-]\d\d:?\d\d$/)
    let strategy = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
    guard let date = try? strategy.parse(hasZone ? text : "\(text)Z") else { return nil }
    moment = .time(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
  }

  /// Says on stderr which moment it is, where not the one that was asked for, and refuses one that was never there.
  func check(_ past: StoreReader.PastDocument, room: String) throws {
    let name = Output.printable(room)
    switch moment {
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
