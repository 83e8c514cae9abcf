import NIOCore

// Where a room's activity is told, and where it is read. All of this is run by the room's executor but what says otherwise.

extension Room {
  /// Begins to tell what is done here, or to read what is told, of a document that was just loaded or has just begun anew.
  ///
  /// - Parameter stored: What was loaded; nil where the document has begun anew.
  func startActivity(_ stored: StoredDocument? = nil) {
    if let activity { activity.restart() }
    if let activityIndexer { activityIndexer.restart() }
    guard let stored else { return }
    if let feed = environment.activity.feed(of: name) {
      activity = ActivityRecorder(of: self, in: feed)
    } else if FeedRoom(name: name)?.kind == .activity {
      activityIndexer = ActivityIndexer(of: self, indexedSequence: stored.indexedSequence)
    }
  }

  /// Ends both, since the room does.
  func endActivity() {
    activityIndexer?.flush()
    activityIndexer?.end()
    activity?.end()
    (activity, activityIndexer) = (nil, nil)
    activityEntries.finish()
  }

  /// Whether an event of the application may still be told now; counts it.
  func takesActivityEvent() -> Bool { activityIndexer?.events.take(now: eventLoop.now) ?? true }

  /// Tells all that is left to tell, as the node stops. Callable from anywhere.
  func finishActivity() async {
    await withCheckedContinuation { continuation in
      executor.run {
        guard self.isOpen, let activity = self.activity else { return continuation.resume() }
        activity.finish { continuation.resume() }
      }
    }
  }

  /// Hands to the store's index what waits for it, as the node stops. Callable from anywhere.
  func finishIndexing() async { try? await executor.submit { self.activityIndexer?.flush() }.get() }
}
