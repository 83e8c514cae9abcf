import Foundation

/// A time of day, to the minute.
public struct DayTime: Hashable, Comparable, Sendable, LosslessStringConvertible {
  /// 0 to 23.
  public let hour: Int
  /// 0 to 59.
  public let minute: Int

  /// Reads a time as in `07:30`, with two digits each; nil when it is none.
  public init?(_ description: String) {
    let bytes = Array(description.utf8)
    guard bytes.count == 5, bytes[2] == UInt8(ascii: ":") else { return nil }
    let digits = [bytes[0], bytes[1], bytes[3], bytes[4]].compactMap { byte in
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
    }
    guard digits.count == 4 else { return nil }
    let (hour, minute) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
    guard hour < 24, minute < 60 else { return nil }
    self.hour = hour
    self.minute = minute
  }

  /// The time of day by the clocks of a time zone.
  init(_ milliseconds: Int64, in zone: TimeZone) {
    let parts = zone.calendar.dateComponents([.hour, .minute], from: Date(milliseconds: milliseconds))
    hour = parts.hour ?? 0
    minute = parts.minute ?? 0
  }

  /// Hours and minutes, as in `07:30`.
  public var description: String { [hour, minute].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":") }

  /// Whether `left` is earlier in the day.
  public static func < (left: DayTime, right: DayTime) -> Bool {
    (left.hour, left.minute) < (right.hour, right.minute)
  }

  /// The first moment after another one at which clocks show this time; in a night in which clocks leave it out, the moment
  /// at which they go on.
  func next(after milliseconds: Int64, in zone: TimeZone) -> Int64? {
    let parts = DateComponents(hour: hour, minute: minute, second: 0)
    let next = zone.calendar.nextDate(
      after: Date(milliseconds: milliseconds), matching: parts, matchingPolicy: .nextTime)
    return next.map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) }
  }
}

extension Date {
  fileprivate init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
}

extension TimeZone {
  /// The bytes that a name may have; those of the system's list have fewer than 40.
  private static let nameBytesMax = 64

  /// The zone of a name that somebody else has chosen; nil when there is none.
  init?(untrusted name: String) {
    guard name.utf8.count <= TimeZone.nameBytesMax else { return nil }
    self.init(identifier: name)
  }

  fileprivate var calendar: Calendar {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = self
    return calendar
  }
}
