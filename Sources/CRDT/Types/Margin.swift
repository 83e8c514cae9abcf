#if !hasFeature(Embedded)
  /// The margin of lines that are laid out for people.
  enum Margin {
    /// Lines deeper than this keep its margin: a peer that nests types without end shall not get as many spaces for each.
    private static let depthMax = 50

    static func string(depth: Int) -> String { String(repeating: "  ", count: min(depth, depthMax)) }
  }
#endif
