/// A document that JavaScript holds by its address, with what its observers are still to be told.
///
/// Events are not called out while a transaction closes: an exception of an observer in JavaScript would run through frames
/// of Swift that know nothing of it. They wait in an outbox until the call is over.
final class DocumentBox {
  let document: Document
  /// What is to be told, behind 4 bytes for its count.
  private var outbox = ByteWriter(capacity: DocumentBox.outboxCapacity)
  /// What is in the outbox was given, and may be overwritten.
  private var isGiven = true
  private var updates: Subscription?
  /// By type, twice its number, one more for those who observe what is inside, too.
  private var types: [Int: Subscription] = [:]

  private static var outboxCapacity: Int { 512 }
  /// An outbox that has become larger is not kept.
  private static var keptBytes: Int { 1 << 16 }

  init(_ document: Document) { self.document = document }

  /// The box at an address that JavaScript was given, and has not given back.
  @inline(__always)
  static func at(_ address: UnsafeRawPointer) -> DocumentBox {
    Unmanaged<DocumentBox>.fromOpaque(address).takeUnretainedValue()
  }

  /// Lends `body` the document of a box, without counting references: a fifth of a keystroke.
  @inline(__always)
  static func withDocument<Result>(_ address: UnsafeRawPointer, _ body: (Document) -> Result) -> Result {
    Unmanaged<DocumentBox>.fromOpaque(address)._withUnsafeGuaranteedRef { body($0.document) }
  }

  /// The kinds of events, as JavaScript knows them.
  private enum EventTag {
    static var update: UInt8 { 1 }
    static var type: UInt8 { 2 }
    static var deep: UInt8 { 3 }
    static var undo: UInt8 { 4 }
  }

  /// Gives what has happened since the last time, as ``give(_:)-(UnsafeRawBufferPointer)`` does, until something else
  /// happens; 0 if nothing has.
  func giveOutbox() -> Int32 {
    if isGiven { return Status.none }
    isGiven = true
    let count = UInt32(truncatingIfNeeded: outbox.count - 4)
    for byte in 0..<4 { outbox.base[byte] = UInt8(truncatingIfNeeded: count >> UInt32(8 * byte)) }
    return Int32(truncatingIfNeeded: Int(bitPattern: outbox.base + 4))
  }

  /// Begins an event in the outbox.
  private func begin(_ tag: UInt8) {
    if isGiven {
      if outbox.count > Self.keptBytes { outbox = ByteWriter(capacity: Self.outboxCapacity) }
      outbox.truncate(to: 0)
      for _ in 0..<4 { outbox.writeByte(0) }
      isGiven = false
    }
    outbox.writeByte(tag)
  }

  // MARK: Observing

  /// Begins or ends to note updates.
  func observeUpdates(_ isOn: Bool) {
    guard isOn else { return updates = nil }
    if updates != nil { return }
    updates = document.observeUpdates { [unowned(unsafe) self] event in
      begin(EventTag.update)
      outbox.write(event.origin)
      outbox.writeByte(event.isLocal ? 1 : 0)
      event.withUnsafeBytes { outbox.writeVarBytes($0) }
    }
  }

  /// Begins or ends to note what happens to a type, or to it and all inside it.
  func observe(_ type: TypeIndex, isDeep: Bool, _ isOn: Bool) {
    let key = Int(type) * 2 + (isDeep ? 1 : 0)
    guard isOn else {
      types[key] = nil
      return
    }
    if types[key] != nil { return }
    types[key] = isDeep ? observeDeep(type) : observe(type)
  }

  private func observe(_ type: TypeIndex) -> Subscription? {
    let post = { [unowned(unsafe) self] (event: TypeEvent) -> Void in
      begin(EventTag.type)
      outbox.write(event.origin)
      outbox.writeByte(event.isLocal ? 1 : 0)
      outbox.write(event)
    }
    switch document.content(ofType: type) {
    case .text(let text): return text.observe { post(.text($0)) }
    case .xmlText(let node): return node.text.observe { post(.text($0)) }
    case .array(let array): return array.observe { post(.array($0)) }
    case .map(let map): return map.observe { post(.map($0)) }
    case .xmlHook(let hook): return hook.map.observe { post(.map($0)) }
    case .xmlFragment(let fragment): return fragment.observe { post(.xml($0)) }
    case .xmlElement(let element): return element.observe { post(.xml($0)) }
    case .value, .document: return nil
    }
  }

  private func observeDeep(_ type: TypeIndex) -> Subscription {
    // Any handle will do: all observe by the type's number.
    SharedMap(document: document, type: type).observeDeep { [unowned(unsafe) self] events in
      guard let first = events.first else { return }
      begin(EventTag.deep)
      outbox.write(Int(type))
      outbox.write(first.event.origin)
      outbox.writeByte(first.event.isLocal ? 1 : 0)
      outbox.write(events.count)
      for event in events {
        outbox.write(event.path)
        outbox.write(event.event)
      }
    }
  }

  /// Notes what happened to the stacks of an undo manager.
  func post(_ event: UndoEvent, of manager: UnsafeRawPointer) {
    begin(EventTag.undo)
    outbox.writeVarUInt(UInt64(UInt(bitPattern: manager)))
    outbox.write(event.origin)
    switch event.change {
    case .added(let item, let stack):
      outbox.writeByte(stack == .undo ? 0 : 1)
      outbox.writeVarUInt(item.address)
    case .updated(let item):
      outbox.writeByte(2)
      outbox.writeVarUInt(item.address)
    case .popped(let item, let stack):
      outbox.writeByte(stack == .undo ? 3 : 4)
      outbox.writeVarUInt(item.address)
    case .cleared(let undo, let redo):
      outbox.writeByte(5)
      outbox.writeVarUInt((undo ? 1 : 0) | (redo ? 2 : 0))
    }
  }
}

extension UndoStackItem {
  /// What tells the step from all others on the stacks.
  fileprivate var address: UInt64 {
    UInt64(UInt(bitPattern: Unmanaged.passUnretained(self).toOpaque()))
  }
}
