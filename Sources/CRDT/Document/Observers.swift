/// Who observes a document, and what they are still to be told.
struct Observers {
  /// What a transaction has to tell, kept until its turn comes.
  struct Delivery {
    var notifications: TypeNotifications
    /// Nil when nobody observed updates.
    var update: [UInt8]?
    var origin: Origin?
    var isLocal: Bool
  }

  var updates = UpdateHandlers()
  var types: [TypeIndex: TypeHandlers] = [:]
  var subdocuments = Subdocuments()
  var undoManagers = UndoManagers()
  /// What the open transaction was given.
  var origin: Origin?
  /// Transactions that were made while observers were told of an earlier one, in their order.
  var waiting: [Delivery] = []
  /// Observers are being told.
  var isDelivering = false
}

extension Document {
  /// Tells observers of the events of a transaction, then of its update if there is one. An observer that changes the
  /// document makes a transaction whose events come after these.
  ///
  /// - Parameter update: Lent to the observers from here.
  @inline(__always)
  func deliver(_ notifications: TypeNotifications, _ update: UnsafeRawBufferPointer?, origin: Origin?, isLocal: Bool) {
    if observers.pointee.isDelivering {
      observers.pointee.waiting.append(
        Observers.Delivery(
          notifications: notifications, update: update.map { [UInt8]($0) }, origin: origin, isLocal: isLocal))
      return
    }
    observers.pointee.isDelivering = true
    if !notifications.isEmpty { call(notifications) }
    if let update { call(update, origin: origin, isLocal: isLocal) }
    if !observers.pointee.waiting.isEmpty { deliverWaiting() }
    observers.pointee.isDelivering = false
  }

  @inline(never)
  private func deliverWaiting() {
    while !observers.pointee.waiting.isEmpty {
      let next = observers.pointee.waiting.removeFirst()
      call(next.notifications)
      next.update?.withUnsafeBytes { call($0, origin: next.origin, isLocal: next.isLocal) }
    }
  }

  private func call(_ update: UnsafeRawBufferPointer, origin: Origin?, isLocal: Bool) {
    let event = UpdateEvent(lending: update, origin: origin, isLocal: isLocal)
    if let only = observers.pointee.updates.only { only(event) } else { observers.pointee.updates.call(event) }
  }
}
