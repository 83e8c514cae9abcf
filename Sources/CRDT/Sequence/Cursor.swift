/// The place of the last change. Most edits are next to the one before them, and find their place without a descent.
///
/// Changes below the cursor's leaf are counted here first (``pending``) and added to the nodes above when the cursor
/// leaves the leaf, so that a typing burst touches one leaf and nothing else.
struct Cursor {
  var sequence: SequenceIndex = -1
  var leaf: LeafIndex = Leaf.none
  /// Whether ``start`` and ``spanStart`` are known; a remote change knows its leaf, but not its index.
  var isPositioned = false
  /// The visible index at which the leaf starts.
  var start: Int32 = 0
  /// Visible units in the leaf.
  var visible: Int32 = 0
  /// Visible units in the leaf that the nodes above do not know of yet.
  var pending: Int32 = 0
  /// A span of the leaf, and the visible index at which it starts.
  var span = 0
  var spanStart: Int32 = 0
}

extension DocumentStore {
  /// Adds what the cursor has deferred to the nodes above its leaf.
  @inline(never)
  mutating func flushCursor() {
    let change = cursor.pending
    if change == 0 { return }
    cursor.pending = 0
    var child = cursor.leaf
    var parent = leaf(child).parent
    while parent >= 0 {
      let node = inner(parent)
      node.visible[node.position(of: child)] &+= change
      child = parent
      parent = node.parent
    }
  }

  /// Counts a change of visible units in the cursor's leaf.
  @inline(__always)
  mutating func countVisible(_ change: Int32) {
    cursor.pending &+= change
    cursor.visible &+= change
    sequences[Int(cursor.sequence)].visible &+= change
  }

  /// Moves the cursor to a span whose index is not known.
  @inline(__always)
  mutating func focus(_ sequence: SequenceIndex, _ index: LeafIndex, _ span: Int) {
    if index != cursor.leaf || sequence != cursor.sequence {
      flushCursor()
      cursor.sequence = sequence
      cursor.leaf = index
      cursor.isPositioned = false
      cursor.visible = storedVisible(index)
    }
    if span != cursor.span {
      cursor.span = span
      cursor.isPositioned = false
    }
  }

  /// Moves the cursor to the start of a sequence, which gets its first leaf if it has none.
  mutating func focusStart(_ sequence: SequenceIndex) {
    if sequences[Int(sequence)].first < 0 {
      flushCursor()
      let first = makeLeaf(Leaf.sizes.small)
      leaf(first).parent = -(sequence &+ 1)
      sequences[Int(sequence)].first = first
      sequences[Int(sequence)].last = first
    }
    focus(sequence, sequences[Int(sequence)].first, 0)
    cursor.isPositioned = true
    cursor.start = 0
    cursor.spanStart = 0
  }

  /// Moves the cursor to the span with the visible unit at `index`, and returns the unit's offset in the span. At the end
  /// of the sequence the cursor is after the last span.
  ///
  /// - Precondition: 0 ≤ `index` ≤ the sequence's visible units.
  /// - Complexity: O(1) near the cursor, else O(log *n*).
  @inline(__always)
  mutating func locate(_ sequence: SequenceIndex, _ index: Int32) -> Int32 {
    if cursor.isPositioned && cursor.sequence == sequence && index >= cursor.start
      && index < cursor.start &+ cursor.visible
    {
      let lengths = leaf(cursor.leaf).lengths
      var span = cursor.span
      var start = cursor.spanStart
      if index < start {
        repeat {
          span &-= 1
          start &-= max(0, lengths[span])
        } while index < start
      } else {
        while true {
          let length = max(0, lengths[span])
          if index < start &+ length { break }
          start &+= length
          span &+= 1
        }
      }
      cursor.span = span
      cursor.spanStart = start
      return index &- start
    }
    return descend(sequence, index)
  }

  @inline(never)
  private mutating func descend(_ sequence: SequenceIndex, _ index: Int32) -> Int32 {
    flushCursor()
    let record = sequences[Int(sequence)]
    if record.first < 0 {
      focusStart(sequence)
      return 0
    }
    var rest = index
    var leafIndex = record.first
    cursor.visible = record.visible
    var node = record.root
    while node >= 0 {
      let inner = inner(node)
      let visible = inner.visible
      let last = inner.count &- 1
      var child = 0
      while child < last && rest >= visible[child] {
        rest &-= visible[child]
        child &+= 1
      }
      if inner.level == 0 {
        leafIndex = inner.children[child]
        cursor.visible = visible[child]
        break
      }
      node = inner.children[child]
    }
    cursor.sequence = sequence
    cursor.leaf = leafIndex
    cursor.start = index &- rest
    cursor.isPositioned = true
    let leaf = leaf(leafIndex)
    let (lengths, count) = (leaf.lengths, leaf.count)
    var span = 0
    var start = cursor.start
    while span < count {
      let length = max(0, lengths[span])
      if index < start &+ length { break }
      start &+= length
      span &+= 1
    }
    cursor.span = span
    cursor.spanStart = start
    return index &- start
  }

  /// The unit at a place, or the first one of the next leaf; none at the end of the sequence.
  @inline(__always)
  func firstUnit(_ index: LeafIndex, _ span: Int) -> (unit: UnitID, length: Int32) {
    let here = leaf(index)
    if span < here.count {
      return (UnitID(client: here.clients[span], clock: here.clocks[span]), here.lengths[span])
    }
    if here.next < 0 { return (.none, 0) }
    let following = leaf(here.next)
    return (UnitID(client: following.clients[0], clock: following.clocks[0]), following.lengths[0])
  }

  /// The last unit before a place between spans; none at the start of the sequence.
  @inline(__always)
  func lastUnit(before index: LeafIndex, _ span: Int) -> UnitID {
    let here = leaf(index)
    if span > 0 { return UnitID(client: here.clients[span &- 1], clock: here.end(span &- 1) &- 1) }
    if here.previous < 0 { return .none }
    let previous = leaf(here.previous)
    return UnitID(client: previous.clients[previous.count &- 1], clock: previous.end(previous.count &- 1) &- 1)
  }
}
