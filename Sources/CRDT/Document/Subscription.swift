/// Keeps an observer alive: it is called until this is cancelled or given up. Keeps its document alive, too.
public final class Subscription {
  private var onCancel: (() -> Void)?

  init(_ onCancel: @escaping () -> Void) { self.onCancel = onCancel }

  deinit { cancel() }

  /// Ends the observation. Calling it again does nothing.
  public func cancel() {
    let action = onCancel
    onCancel = nil
    action?()
  }
}

/// Handlers in the order in which they were added.
struct Handlers<Event> {
  private var entries: [(id: UInt64, handler: (Event) -> Void)] = []
  private var nextID: UInt64 = 0

  var isEmpty: Bool { entries.isEmpty }

  mutating func add(_ handler: @escaping (Event) -> Void) -> UInt64 {
    defer { nextID += 1 }
    entries.append((nextID, handler))
    return nextID
  }

  mutating func remove(_ id: UInt64) { entries.removeAll { $0.id == id } }

  /// Calls those who were there when the call began.
  func call(_ event: Event) { for entry in entries { entry.handler(event) } }
}
