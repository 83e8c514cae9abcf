import Glibc

/// Counts what reading an input costs, in memory and in time, and leaves out what the harness itself does.
final class Meter {
  /// Heap bytes that each byte of input may stand for.
  static let heapBytesPerByte = 64
  /// Heap bytes that an empty document and the buffers of reading and writing may take.
  static let heapBytesFixed = 256 << 10
  /// Units per heap byte: a tombstone for a million units is a few bytes of input.
  static let unitsPerHeapByte = 2
  /// Processor time that each byte of input may take, in microseconds; the checked build is some 50 times slower than a
  /// release.
  static let microsecondsPerByte = 50
  static let microsecondsFixed = 100_000
  /// Units per microsecond; the checked build has small pages.
  static let unitsPerMicrosecond = 100

  private var inputBytes: Int
  private var units = 0
  private let heapBefore: Int
  private var heapPeak = 0
  private var microseconds = 0

  init(inputBytes: Int) {
    self.inputBytes = inputBytes
    Heap.countsAllocations
    heapBefore = Heap.bytesInUse
  }

  /// Runs what an application would, and counts its cost.
  func charge<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    Heap.bytesPeak = Heap.bytesInUse
    let start = Self.threadMicroseconds()
    defer {
      microseconds += Self.threadMicroseconds() - start
      heapPeak = max(heapPeak, Heap.bytesPeak - heapBefore)
    }
    return try body()
  }

  /// Allows for what a document of so many units costs.
  func allow(units: Int) { self.units = max(self.units, units) }

  /// Allows for bytes that the harness makes and reads, as if they were more input.
  func allow(bytes: Int) { inputBytes += bytes }

  /// - Throws: ``Violation`` when the input cost more than its length allows.
  func check() throws(Violation) {
    let heapMax = Self.heapBytesFixed + Self.heapBytesPerByte * inputBytes + units / Self.unitsPerHeapByte
    guard heapPeak <= heapMax else {
      throw Violation("\(heapPeak) bytes of heap for \(inputBytes) bytes, at most \(heapMax)", mayBeChance: true)
    }
    let timeMax = Self.microsecondsFixed + Self.microsecondsPerByte * inputBytes + units / Self.unitsPerMicrosecond
    guard microseconds <= timeMax else {
      throw Violation("\(microseconds) µs for \(inputBytes) bytes, at most \(timeMax)", mayBeChance: true)
    }
  }

  private static func threadMicroseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000 + time.tv_nsec / 1_000
  }
}

/// The heap as the address sanitizer counts it, of the thread that runs inputs: libFuzzer has one of its own.
enum Heap {
  nonisolated(unsafe) fileprivate(set) static var bytesInUse = 0
  nonisolated(unsafe) fileprivate(set) static var bytesPeak = 0

  nonisolated(unsafe) private static var countedThread = pthread_t()

  /// Counts from now on.
  static let countsAllocations: Void = {
    // The hooks run inside of malloc and free, so they allocate nothing.
    countedThread = pthread_self()
    let hooks = __sanitizer_install_malloc_and_free_hooks(
      { _, size in
        guard pthread_equal(pthread_self(), countedThread) != 0 else { return }
        bytesInUse &+= size
        if bytesInUse > bytesPeak { bytesPeak = bytesInUse }
      },
      { pointer in
        guard pthread_equal(pthread_self(), countedThread) != 0 else { return }
        bytesInUse &-= __sanitizer_get_allocated_size(pointer)
      })
    precondition(hooks > 0, "no room for allocation hooks")
  }()
}
