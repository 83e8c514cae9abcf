import NIOCore

/// Elements of one kind for any number of readers in this process. Touched by what its room's executor runs.
struct Feed<Element: Sendable> {
  private var readers: [UInt64: AsyncStream<Element>.Continuation] = [:]
  private var lastReader: UInt64 = 0

  /// Whether nobody reads, so that an element need not be made.
  var isEmpty: Bool { readers.isEmpty }

  /// - Returns: What to remove the reader by.
  mutating func add(_ reader: AsyncStream<Element>.Continuation) -> UInt64 {
    lastReader += 1
    readers[lastReader] = reader
    return lastReader
  }

  mutating func remove(_ reader: UInt64) { readers[reader] = nil }

  /// Gives all readers an element.
  func send(_ element: Element) {
    for reader in readers.values { reader.yield(element) }
  }

  /// Tells all readers that nothing follows.
  mutating func finish() {
    for reader in readers.values { reader.finish() }
    readers = [:]
  }
}

extension Room {
  /// A sequence of what `feed` is given from now on. Callable from anywhere.
  ///
  /// - Parameters:
  ///   - keptMax: A reader that falls behind by more loses the oldest.
  ///   - first: What the reader gets at once.
  func stream<Element: Sendable>(
    of feed: any ReferenceWritableKeyPath<Room, Feed<Element>> & Sendable, keptMax: Int,
    first: @escaping @Sendable (Room) -> Element? = { _ in nil }
  ) -> AsyncStream<Element> {
    let (stream, continuation) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: .bufferingNewest(keptMax))
    executor.run {
      guard !self.isClosed else { return continuation.finish() }
      if let element = first(self) { continuation.yield(element) }
      let reader = self[keyPath: feed].add(continuation)
      continuation.onTermination = { _ in
        self.executor.enqueue { self[keyPath: feed].remove(reader) }
      }
    }
    return stream
  }
}
