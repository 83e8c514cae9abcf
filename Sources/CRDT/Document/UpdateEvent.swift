/// What a transaction did, as an update in format V1, lent to an observer for the length of its call.
///
/// Most updates are a few bytes that go straight into a socket or a log, so the event lends the bytes where they were
/// written. Take ``update`` to keep them.
public struct UpdateEvent: ~Copyable {
  private let bytes: UnsafeRawBufferPointer
  /// What the transaction was given as its origin.
  public let origin: Origin?
  /// False when the changes came with an update from elsewhere.
  public let isLocal: Bool

  /// - Parameter bytes: Must stay as they are for as long as the event lives.
  init(lending bytes: UnsafeRawBufferPointer, origin: Origin?, isLocal: Bool) {
    self.bytes = bytes
    self.origin = origin
    self.isLocal = isLocal
  }

  /// A copy of the update that makes the same changes in another replica.
  ///
  /// - Complexity: O(*n*) in its bytes, with an allocation.
  public var update: [UInt8] { [UInt8](bytes) }

  /// Bytes of the update.
  public var byteCount: Int { bytes.count }

  /// Lends the update's bytes to `body`, which must not keep them.
  ///
  /// - Complexity: O(1).
  public borrowing func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(bytes)
  }
}

/// Those who observe a document's updates, in the order in which they came.
struct UpdateHandlers {
  // A function in a generic container would be called through a thunk that moves its arguments to memory.
  private struct Entry {
    let id: UInt64
    let handler: (borrowing UpdateEvent) -> Void
  }

  private var entries: [Entry] = []
  private var nextID: UInt64 = 0

  var isEmpty: Bool { entries.isEmpty }

  mutating func add(_ handler: @escaping (borrowing UpdateEvent) -> Void) -> UInt64 {
    defer { nextID += 1 }
    entries.append(Entry(id: nextID, handler: handler))
    return nextID
  }

  mutating func remove(_ id: UInt64) { entries.removeAll { $0.id == id } }

  /// The handler, if there is just one: the list then need not be kept alive while it is called.
  var only: ((borrowing UpdateEvent) -> Void)? {
    @inline(__always) get { entries.count == 1 ? entries[0].handler : nil }
  }

  /// Calls those who were there when the call began.
  func call(_ event: borrowing UpdateEvent) { for entry in entries { entry.handler(event) } }
}
