#if !hasFeature(Embedded)
  extension Explanation {
    /// A part of bytes, and what it says.
    public struct Part: Equatable, Sendable {
      /// How many parts this one is inside of.
      public var depth: Int
      /// Where the part stands, in bytes from the start; nil for structs in format V2, which stand in many places.
      ///
      /// Of what holds other parts, such as the structs of a client, these are the bytes before the first of them; of a
      /// message, all of its bytes.
      public var bytes: Range<Int>?
      /// The bytes of each column that are read for the first time for this struct, in format V2. A struct that goes on
      /// with the runs of those before it has none.
      public var columns: [Column]
      /// What the part says.
      public var content: Content

      /// A part with its content.
      public init(depth: Int, bytes: Range<Int>?, columns: [Column] = [], _ content: Content) {
        self.depth = depth
        self.bytes = bytes
        self.columns = columns
        self.content = content
      }
    }

    /// What a part says.
    public enum Content: Equatable, Sendable {
      /// So many clients follow.
      case list(List, count: UInt64)
      /// A column of format V2.
      case column(Column.Name)
      /// So many structs of one client follow, the first at a clock.
      case section(client: ClientID, clock: Clock, structs: UInt64)
      /// Consecutive units of one client.
      case structure(Update.Struct)
      /// So many deleted ranges of one client follow.
      case deletions(client: ClientID, ranges: UInt64)
      /// Deleted units.
      case deletion(client: ClientID, clocks: Range<Clock>)
      /// All units of a client before a clock are known.
      case clock(client: ClientID, clock: Clock)
      /// What a client says of itself.
      case state(AwarenessEntry)
      /// A place in a type.
      case position(RelativePosition)
      /// A message by its name, with what it says beside the parts inside of it.
      case message(String, details: [Value.Member])
    }

    /// What is told of clients.
    public enum List: String, Sendable {
      /// What each has written.
      case structs
      /// What of each is deleted.
      case deleteSet = "delete-set"
      /// How much of each is known.
      case stateVector = "state-vector"
      /// What each says of itself.
      case awareness
    }

    /// Bytes of a column of format V2.
    public struct Column: Equatable, Sendable {
      /// The columns, in the order in which they stand.
      public enum Name: String, CaseIterable, Sendable {
        /// Numbers of keys and names, which stand in ``strings`` where they come up first.
        case keyClocks = "key-clocks"
        /// Clients of sections, origins and parents.
        case clients
        /// Clocks of origins and parents.
        case leftClocks = "left-clocks"
        /// Clocks of right origins.
        case rightClocks = "right-clocks"
        /// Kinds of content and flags.
        case infos
        /// Text, names and keys in a row, and their lengths. Of a struct only the text is told.
        case strings
        /// Whether a parent is a root.
        case parentInfos = "parent-infos"
        /// Kinds of nested types.
        case typeReferences = "type-references"
        /// Lengths of what has no text.
        case lengths
        /// What has no column: numbers of structs, first clocks, values, the delete set.
        case rest
      }

      /// Which column it is.
      public var name: Name
      /// Where the bytes stand, from the start.
      public var bytes: Range<Int>
    }
  }
#endif
