/// A growable array of plain data without reference counting, uniqueness checks or bounds checks in release builds.
///
/// The core keeps its columns in these: ``Swift/Array`` fields cost a retain and a uniqueness check for each mutation.
struct GrowableBuffer<Element: BitwiseCopyable>: ~Copyable {
  private(set) var base: UnsafeMutablePointer<Element>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int = 0) {
    self.capacity = capacity
    base = .allocate(capacity: capacity)
  }

  deinit { base.deallocate() }

  var isEmpty: Bool { @inline(__always) get { count == 0 } }

  /// Bytes that the buffer takes, used or not.
  var byteCapacity: Int { capacity * MemoryLayout<Element>.stride }

  subscript(index: Int) -> Element {
    @inline(__always) get {
      checkIndex(index)
      return base[index]
    }
    @inline(__always) nonmutating _modify {
      checkIndex(index)
      yield &base[index]
    }
  }

  /// - Complexity: O(1) amortised.
  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { grow(count &+ 1) }
    base[count] = element
    count &+= 1
  }

  /// Counts one more element, which the caller fills in.
  ///
  /// - Returns: Its place, until another element is added.
  @inline(__always)
  mutating func appendUninitialized() -> UnsafeMutablePointer<Element> {
    if count == capacity { grow(count &+ 1) }
    defer { count &+= 1 }
    return base + count
  }

  /// Makes room for `needed` elements in all.
  mutating func reserve(_ needed: Int) {
    if needed > capacity { grow(needed) }
  }

  @inline(never)
  private mutating func grow(_ needed: Int) {
    // Large buffers grow by half, so that less of a document's memory is room.
    let larger = max(needed, capacity &+ (capacity < 1024 ? capacity : capacity / 2), 4)
    let grown = UnsafeMutablePointer<Element>.allocate(capacity: larger)
    grown.update(from: base, count: count)
    base.deallocate()
    base = grown
    capacity = larger
  }

  @discardableResult
  @inline(__always)
  mutating func removeLast() -> Element {
    checkIndex(count &- 1)
    count &-= 1
    return base[count]
  }

  /// Forgets all elements, and gives memory back when it is more than `kept` elements' worth.
  @inline(__always)
  mutating func removeAll(keepingCapacity kept: Int = 1024) {
    count = 0
    if capacity > kept { shrink(kept) }
  }

  @inline(never)
  private mutating func shrink(_ kept: Int) {
    base.deallocate()
    base = .allocate(capacity: kept)
    capacity = kept
  }

  /// Sorts the elements in place.
  mutating func sort(by areInIncreasingOrder: (Element, Element) -> Bool) {
    var view = UnsafeMutableBufferPointer(start: base, count: count)
    view.sort(by: areInIncreasingOrder)
  }

  /// Keeps the first `length` elements.
  mutating func truncate(to length: Int) { count = min(count, length) }

  @inline(__always)
  private func checkIndex(_ index: Int) {
    #if CRDT_INVARIANT_CHECKS
      precondition(index >= 0 && index < count, "an index is outside its buffer")
    #endif
  }
}
