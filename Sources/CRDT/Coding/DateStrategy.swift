#if !hasFeature(Embedded)
  /// How dates are coded as values.
  public enum DateStrategy: Hashable, Sendable {
    /// As `Date` codes itself: a number of seconds since 2001-01-01.
    case deferredToDate
    /// As JavaScript's `date.getTime()`: a number of milliseconds since 1970-01-01.
    case millisecondsSince1970
    /// As JavaScript's `date.toISOString()`: a string such as `2025-03-31T12:00:00.000Z`.
    case iso8601
  }
#endif
