/// Who observes a document, and what they are still to be told.
struct Observers {
  /// What a transaction has to tell.
  struct Delivery {
    var events: [TypeEvent]
    var update: UpdateEvent?
  }

  var updates = Handlers<UpdateEvent>()
  var types: [TypeIndex: TypeHandlers] = [:]
  /// What the open transaction was given.
  var origin: Origin?
  /// Transactions that were made while observers were told of an earlier one, in their order.
  var waiting: [Delivery] = []
  /// Observers are being told.
  var isDelivering = false
}

extension Document {
  /// Tells observers. One that changes the document makes a transaction whose events come after these.
  @inline(__always)
  func deliver(_ events: [TypeEvent], _ update: UpdateEvent?) {
    if observers.pointee.isDelivering {
      observers.pointee.waiting.append(Observers.Delivery(events: events, update: update))
      return
    }
    observers.pointee.isDelivering = true
    call(events, update)
    while !observers.pointee.waiting.isEmpty {
      let next = observers.pointee.waiting.removeFirst()
      call(next.events, next.update)
    }
    observers.pointee.isDelivering = false
  }

  @inline(__always)
  private func call(_ events: [TypeEvent], _ update: UpdateEvent?) {
    for event in events { observers.pointee.types[event.type]?.call(event) }
    if let update { observers.pointee.updates.call(update) }
  }
}
