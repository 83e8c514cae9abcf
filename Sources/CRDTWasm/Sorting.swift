// Sorting in few bytes. The standard library's sort, specialised for each kind of element, would be a tenth of all code that
// a browser has to load. These take its place in this module: an order of indices is found by one function for all of them.

/// The indices below `count` in the order of what they stand for, equal ones as they were.
///
/// - Parameter isBefore: Whether what the first index stands for has to come before that of the second.
/// - Complexity: O(*n* log *n*).
@inline(never)
private func order(_ count: Int, _ isBefore: (Int, Int) -> Bool) -> [Int] {
  var from = Array(0..<count)
  var to = from
  var width = 1
  while width < count {
    var start = 0
    while start < count {
      let middle = min(start + width, count)
      let end = min(middle + width, count)
      var left = start
      var right = middle
      for place in start..<end {
        if right == end || (left < middle && !isBefore(from[right], from[left])) {
          to[place] = from[left]
          left += 1
        } else {
          to[place] = from[right]
          right += 1
        }
      }
      start = end
    }
    swap(&from, &to)
    width *= 2
  }
  return from
}

extension Sequence {
  /// The elements in order, equal ones as they were.
  func sorted(by areInIncreasingOrder: (Element, Element) -> Bool) -> [Element] {
    let elements = Array(self)
    return order(elements.count) { areInIncreasingOrder(elements[$0], elements[$1]) }.map { elements[$0] }
  }
}

extension Sequence where Element: Comparable {
  /// The elements from the least one on.
  func sorted() -> [Element] { sorted { $0 < $1 } }
}

extension Array {
  /// Puts the elements in order, equal ones as they were.
  mutating func sort(by areInIncreasingOrder: (Element, Element) -> Bool) { self = sorted(by: areInIncreasingOrder) }
}

extension UnsafeMutableBufferPointer {
  /// Puts the elements in order, equal ones as they were.
  func sort(by areInIncreasingOrder: (Element, Element) -> Bool) {
    for (place, element) in sorted(by: areInIncreasingOrder).enumerated() { self[place] = element }
  }
}
