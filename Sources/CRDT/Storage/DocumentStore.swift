/// A document's state and all that changes it, without observers or handles.
///
/// ```
/// clients    what each client wrote, by clock: origins, tombstones, text, content
/// sequences  where units stand: a position tree for each type's list and for each key's chain of values
/// types      roots and nested types: a list, and a chain for each key
/// ```
/// A unit is named by client and clock; its run leads to its sequence, the clock map to its leaf.
/// One owner at a time: nothing here is safe to share.
///
/// What is called often is `mutating` even where it only reads: a struct of this size that is borrowed and not inlined
/// is copied for the call, all 640 bytes of it, while one that is passed `inout` goes by its address.
struct DocumentStore: ~Copyable {
  // What was written.
  private(set) var clients: UnsafeMutablePointer<ClientHistory>
  private(set) var clientCount = 0
  private var clientCapacity = 2
  private var clientIndices: HashIndex
  /// The client that was looked up last.
  private(set) var lastClient: (id: UInt64, index: ClientIndex) = (.max, .max)
  /// All units of all clients.
  var unitCount = 0

  // Where it stands.
  var leaves = NodeSlab(slotSize: Leaf.slotSize)
  var inners = NodeSlab(slotSize: Inner.size)
  var freeLeaves: (small: LeafIndex, medium: LeafIndex, large: LeafIndex) = (Leaf.none, Leaf.none, Leaf.none)
  var sequences = GrowableBuffer<SequenceRecord>()
  var cursor = Cursor()

  // What it belongs to.
  var types = GrowableBuffer<TypeRecord>()
  var names: NameTable
  /// From a type and a key to the chain of the key's values, and from a root's name to its type.
  var places: HashIndex
  /// Formatting marks that are not deleted, in all sequences.
  var markCount = 0
  var formatCache = FormatCache()
  /// Whether any unit ever held a nested type; while none does, deletions need not look for one.
  var hasNestedTypes = false

  /// Whether deleted content is given up at the end of the transaction.
  let collectsGarbage: Bool
  /// The client that local changes are written as.
  var own: ClientIndex = 0
  var phase = TransactionPhase()
  var transaction = TransactionRecord()
  /// Units that the open transaction made no longer worth keeping.
  var unkept = GrowableBuffer<UnitRange>()
  var pending = PendingStore()
  var parsed = ParsedUpdate()
  /// A writer for the next transaction's update.
  var spareWriter: ByteWriter?

  init(client: ClientID, collectsGarbage: Bool, seed: UInt64) {
    clients = .allocate(capacity: clientCapacity)
    clientIndices = HashIndex(seed: seed)
    names = NameTable(seed: seed)
    places = HashIndex(seed: seed)
    self.collectsGarbage = collectsGarbage
    own = clientIndex(client.rawValue)
  }

  deinit {
    clients.deinitialize(count: clientCount)
    clients.deallocate()
  }

  /// The number of a client, which is added when it is new.
  @inline(__always)
  mutating func clientIndex(_ id: UInt64) -> ClientIndex {
    if id == lastClient.id { return lastClient.index }
    return findOrAddClient(id)
  }

  @inline(never)
  private mutating func findOrAddClient(_ id: UInt64) -> ClientIndex {
    var index = clientIndices.find(id)
    if index == HashIndex.none {
      if clientCount == clientCapacity {
        let grown = UnsafeMutablePointer<ClientHistory>.allocate(capacity: clientCapacity * 2)
        grown.moveInitialize(from: clients, count: clientCount)
        clients.deallocate()
        clients = grown
        clientCapacity *= 2
      }
      index = ClientIndex(clientCount)
      (clients + clientCount).initialize(to: ClientHistory(client: id))
      clientCount += 1
      clientIndices.insert(id, index)
    }
    lastClient = (id, index)
    return index
  }

  /// The number of a client, or nil when nothing of it is known.
  @inline(__always)
  func findClient(_ id: UInt64) -> ClientIndex? {
    let index = clientIndices.find(id)
    return index == HashIndex.none ? nil : index
  }

  /// The next clock of a client by its identifier.
  mutating func nextClock(of id: UInt64) -> UInt32 {
    if id == lastClient.id { return clients[Int(lastClient.index)].next }
    return findClient(id).map { clients[Int($0)].next } ?? 0
  }

  @inline(__always)
  func history(_ client: ClientIndex) -> UnsafeMutablePointer<ClientHistory> { clients + Int(client) }

  /// The next clock of the own client.
  var ownClock: UInt32 { @inline(__always) get { history(own).pointee.next } }

  /// The unit's name outside of this replica.
  func itemID(_ unit: UnitID) -> ItemID {
    ItemID(client: ClientID(rawValue: clients[Int(unit.client)].client), clock: Clock(unit.clock))
  }

  /// How much of each client is known.
  var stateVector: StateVector {
    var vector = StateVector()
    for index in 0..<clientCount {
      vector[ClientID(rawValue: clients[index].client)] = Clock(clients[index].next)
    }
    return vector
  }
}
