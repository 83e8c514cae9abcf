#if !hasFeature(Embedded)
  /// A transaction that changed a document, as a value that may go anywhere.
  public struct DocumentChange: Sendable, Equatable {
    /// The update in format V1 that makes the same changes in another replica.
    public let update: [UInt8]
    /// What the transaction was given as its origin.
    public let origin: Origin?
    /// False when the changes came with an update from elsewhere.
    public let isLocal: Bool
  }

  extension Document {
    /// The changes from now on, one for each transaction, until the document is given up.
    ///
    /// ```swift
    /// let changes = document.changes()
    /// Task { for await change in changes { await connection.send(change.update) } }
    /// ```
    /// The sequence is for one reader, in any task. It does not keep the document alive.
    ///
    /// - Parameter policy: Which changes wait for a slow reader. One that is given fewer than all of them has to ask for what
    ///   it lacks by its state vector.
    public func changes(
      buffering policy: AsyncStream<DocumentChange>.Continuation.BufferingPolicy = .unbounded
    ) -> AsyncStream<DocumentChange> {
      let (stream, continuation) = AsyncStream.makeStream(of: DocumentChange.self, bufferingPolicy: policy)
      let end = ChangeStreamEnd(continuation)
      var handler: UInt64?
      // The reader may stop on any thread, but only the owner touches the document: it finds out with the next change.
      handler = observers.pointee.updates.add { [unowned self] event in
        let change = DocumentChange(update: event.update, origin: event.origin, isLocal: event.isLocal)
        if case .terminated = end.continuation.yield(change), let handler { removeUpdateHandler(handler) }
      }
      store.pointee.phase.observesUpdates = true
      return stream
    }
  }

  /// Finishes a stream of changes when the document forgets the handler that fills it.
  private final class ChangeStreamEnd {
    let continuation: AsyncStream<DocumentChange>.Continuation

    init(_ continuation: AsyncStream<DocumentChange>.Continuation) { self.continuation = continuation }

    deinit { continuation.finish() }
  }
#endif
