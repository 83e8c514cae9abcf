#if !hasFeature(Embedded)
  /// An object's members by name.
  struct MemberTable {
    /// Each name once.
    let list: [Value.Member]
    private var places: [[UInt8]: Int] = [:]

    init(_ members: [Value.Member]) {
      list = Value.distinct(members)
      for (place, member) in list.enumerated() { places[[UInt8](member.name.utf8)] = place }
    }

    subscript(name: String) -> Value? { places[[UInt8](name.utf8)].map { list[$0].value } }
  }
#endif
