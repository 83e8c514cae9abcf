/// Those who observe a type.
struct TypeHandlers {
  var text = Handlers<TextEvent>()
  var array = Handlers<ArrayEvent>()
  var map = Handlers<MapEvent>()
  var xml = Handlers<XMLEvent>()
  /// Those who observe the type and all inside it.
  var deep = Handlers<[DeepEvent]>()

  var isEmpty: Bool { text.isEmpty && array.isEmpty && map.isEmpty && xml.isEmpty && deep.isEmpty }
}

/// What a transaction has to tell those who observe types.
struct TypeNotifications {
  /// In the order in which the types were first changed.
  var events: [(type: TypeIndex, event: TypeEvent)] = []
  /// By observed type, the events inside it, the nearest types first.
  var deep: [(type: TypeIndex, events: [DeepEvent])] = []

  var isEmpty: Bool { events.isEmpty && deep.isEmpty }
}

extension SharedType {
  /// Calls `handler` after each transaction that changed this type or one inside it, with all that happened: types near
  /// this one come first. Handlers of the types themselves are called before.
  public func observeDeep(_ handler: @escaping ([DeepEvent]) -> Void) -> Subscription {
    document.observe(id.type, add: { $0.deep.add(handler) }, remove: { $0.deep.remove($1) })
  }
}

extension Document {
  /// Changes a type's handlers by `add`, and by `remove` when the subscription ends.
  func observe(
    _ type: TypeIndex, add: (inout TypeHandlers) -> UInt64,
    remove: @escaping (inout TypeHandlers, UInt64) -> Void
  ) -> Subscription {
    let id = add(&observers.pointee.types[type, default: TypeHandlers()])
    store.pointee.phase.observesTypes = true
    return Subscription { [self] in
      guard var remaining = observers.pointee.types.removeValue(forKey: type) else { return }
      remove(&remaining, id)
      if !remaining.isEmpty { observers.pointee.types[type] = remaining }
      store.pointee.phase.observesTypes = !observers.pointee.types.isEmpty
    }
  }

  /// Tells those who observe types.
  func call(_ notifications: TypeNotifications) {
    for (type, event) in notifications.events {
      guard let handlers = observers.pointee.types[type] else { continue }
      switch event {
      case .text(let event): handlers.text.call(event)
      case .array(let event): handlers.array.call(event)
      case .map(let event): handlers.map.call(event)
      case .xml(let event): handlers.xml.call(event)
      }
    }
    for (type, events) in notifications.deep { observers.pointee.types[type]?.deep.call(events) }
  }
}
