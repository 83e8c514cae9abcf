/// What a ``ClockHeap`` is ordered by.
protocol HeapElement {
  var clock: UInt32 { get }
}

/// A binary heap: the first element is one with the lowest clock.
struct ClockHeap<Element: HeapElement> {
  private(set) var elements: [Element] = []

  var isEmpty: Bool { elements.isEmpty }
  var count: Int { elements.count }
  var first: Element? { elements.first }

  /// - Complexity: O(log *n*).
  mutating func push(_ element: Element) {
    elements.append(element)
    var index = elements.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard elements[index].clock < elements[parent].clock else { return }
      elements.swapAt(index, parent)
      index = parent
    }
  }

  /// - Complexity: O(log *n*).
  mutating func pop() -> Element? {
    guard !elements.isEmpty else { return nil }
    elements.swapAt(0, elements.count - 1)
    let first = elements.removeLast()
    var index = 0
    while true {
      var lowest = index
      for child in [index * 2 + 1, index * 2 + 2] where child < elements.count {
        if elements[child].clock < elements[lowest].clock { lowest = child }
      }
      if lowest == index { return first }
      elements.swapAt(index, lowest)
      index = lowest
    }
  }

  /// Takes out the first element if its clock is less than `end`.
  mutating func pop(before end: UInt32) -> Element? {
    guard let first, first.clock < end else { return nil }
    return pop()
  }
}
