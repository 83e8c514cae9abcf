/// Nodes of the position trees: making, filling, splitting, growing and giving back.
extension DocumentStore {
  @inline(__always)
  func leaf(_ index: LeafIndex) -> Leaf { Leaf(base: leaves.slot(index)) }

  @inline(__always)
  func inner(_ index: InnerIndex) -> Inner { Inner(base: inners.slot(index)) }

  /// A leaf of the given size, empty and linked to nothing.
  mutating func makeLeaf(_ size: Leaf.Size) -> LeafIndex {
    var index: LeafIndex
    switch size.spans {
    case Leaf.sizes.small.spans: index = freeLeaves.small
    case Leaf.sizes.medium.spans: index = freeLeaves.medium
    default: index = freeLeaves.large
    }
    if index >= 0 {
      let next = leaf(index).next
      switch size.spans {
      case Leaf.sizes.small.spans: freeLeaves.small = next
      case Leaf.sizes.medium.spans: freeLeaves.medium = next
      default: freeLeaves.large = next
      }
    } else {
      index = leaves.allocate(size.slots)
    }
    let leaf = leaf(index)
    leaf.parent = -1
    leaf.count = 0
    leaf.capacity = size.spans
    leaf.next = Leaf.none
    leaf.previous = Leaf.none
    return index
  }

  mutating func freeLeaf(_ index: LeafIndex) {
    let leaf = leaf(index)
    leaf.count = 0
    switch leaf.capacity {
    case Leaf.sizes.small.spans:
      leaf.next = freeLeaves.small
      freeLeaves.small = index
    case Leaf.sizes.medium.spans:
      leaf.next = freeLeaves.medium
      freeLeaves.medium = index
    default:
      leaf.next = freeLeaves.large
      freeLeaves.large = index
    }
  }

  mutating func makeInner(level: Int32) -> InnerIndex {
    let index = inners.allocate(1)
    let inner = inner(index)
    inner.parent = -1
    inner.count = 0
    inner.level = level
    inner.marks = 0
    return index
  }

  /// Visible units of a leaf, as far as the nodes above know: without the cursor's deferred change.
  @inline(__always)
  func storedVisible(_ index: LeafIndex) -> Int32 {
    let parent = leaf(index).parent
    if parent < 0 { return sequences[Int(-(parent &+ 1))].visible }
    let above = inner(parent)
    return above.visible[above.position(of: index)]
  }

  /// Points the clock maps of all units of a leaf to it.
  mutating func claimUnits(of index: LeafIndex) {
    let leaf = leaf(index)
    let (clocks, clients) = (leaf.clocks, leaf.clients)
    for span in 0..<leaf.count {
      history(clients[span]).pointee.assignLeaf(index, to: clocks[span], count: leaf.units(span))
    }
  }

  /// Makes room for `width` more spans in the cursor's leaf, at `span`, growing or splitting it.
  ///
  /// - Parameters:
  ///   - keepsSpan: Whether the span at `span` must stay in the same leaf as what is inserted.
  /// - Returns: Where `span` is now.
  @inline(__always)
  mutating func makeRoom(_ width: Int, in index: LeafIndex, at span: Int, keepsSpan: Bool) -> (LeafIndex, Int) {
    let leaf = leaf(index)
    if leaf.count &+ width <= leaf.capacity { return (index, span) }
    if leaf.capacity < Leaf.sizes.large.spans { return (grow(index), span) }
    return split(index, at: span, keepsSpan: keepsSpan)
  }

  /// Moves a leaf's spans to one of the next size.
  @inline(never)
  private mutating func grow(_ index: LeafIndex) -> LeafIndex {
    let isSmall = leaf(index).capacity == Leaf.sizes.small.spans
    let larger = makeLeaf(isSmall ? Leaf.sizes.medium : Leaf.sizes.large)
    let (old, new) = (leaf(index), leaf(larger))
    old.copy(0, old.count, to: new)
    new.next = old.next
    new.previous = old.previous
    new.parent = old.parent
    let sequence = cursor.sequence
    if old.next >= 0 { leaf(old.next).previous = larger } else { sequences[Int(sequence)].last = larger }
    if old.previous >= 0 { leaf(old.previous).next = larger } else { sequences[Int(sequence)].first = larger }
    if old.parent >= 0 {
      let above = inner(old.parent)
      above.children[above.position(of: index)] = larger
    }
    freeLeaf(index)
    claimUnits(of: larger)
    if cursor.leaf == index { cursor.leaf = larger }
    return larger
  }

  /// Moves the second half of a full leaf to a new one.
  @inline(never)
  private mutating func split(_ index: LeafIndex, at span: Int, keepsSpan: Bool) -> (LeafIndex, Int) {
    flushCursor()
    let rightIndex = makeLeaf(Leaf.sizes.large)
    let (left, right) = (leaf(index), leaf(rightIndex))
    let count = left.count
    // At the end of the sequence more is likely to follow there, so the left leaf is left full.
    let half = span == count && left.next < 0 ? count &- 1 : count / 2
    left.copy(half, count &- half, to: right)
    left.count = half
    right.next = left.next
    right.previous = index
    if left.next >= 0 {
      leaf(left.next).previous = rightIndex
    } else {
      sequences[Int(cursor.sequence)].last = rightIndex
    }
    left.next = rightIndex
    var moved: Int32 = 0
    for span in 0..<right.count { moved &+= max(0, right.lengths[span]) }
    claimUnits(of: rightIndex)
    if left.parent < 0 { makeRoot(above: index, level: 0) }
    let above = inner(leaf(index).parent)
    above.visible[above.position(of: index)] &-= moved
    insertChild(rightIndex, visible: moved, after: index, into: leaf(index).parent, level: 0)
    let goesRight = span > half || (keepsSpan && span == half)
    if cursor.leaf == index {
      if goesRight {
        cursor.leaf = rightIndex
        cursor.start &+= cursor.visible &- moved
        cursor.visible = moved
      } else {
        cursor.visible &-= moved
      }
    }
    return goesRight ? (rightIndex, span &- half) : (index, span)
  }

  /// Puts a new root above the only node of the cursor's sequence.
  private mutating func makeRoot(above child: Int32, level: Int32) {
    let sequence = cursor.sequence
    let root = makeInner(level: level)
    let node = inner(root)
    node.parent = -(sequence &+ 1)
    node.count = 1
    node.children[0] = child
    node.visible[0] = sequences[Int(sequence)].visible
    let mayHoldMarks = level == 0 ? markCount > 0 : inner(child).marks != 0
    node.marks = mayHoldMarks ? 1 : 0
    if level == 0 { leaf(child).parent = root } else { inner(child).parent = root }
    sequences[Int(sequence)].root = root
  }

  /// Adds a child to the right of `sibling`, whose own count was already lowered.
  private mutating func insertChild(
    _ child: Int32, visible: Int32, after sibling: Int32, into parent: InnerIndex, level: Int32
  ) {
    var target = parent
    var position = inner(parent).position(of: sibling) &+ 1
    if inner(parent).count == Inner.capacity {
      let half = position == Inner.capacity ? Inner.capacity &- 1 : Inner.capacity / 2
      let rightIndex = splitInner(parent, at: half, adding: visible, toRight: position > half)
      if position > half {
        target = rightIndex
        position &-= half
      }
    }
    let node = inner(target)
    let moved = node.count &- position
    (node.children + (position &+ 1)).update(from: node.children + position, count: moved)
    (node.visible + (position &+ 1)).update(from: node.visible + position, count: moved)
    node.children[position] = child
    node.visible[position] = visible
    node.count &+= 1
    // What was split off may hold marks where its sibling did.
    let before = node.marks & (1 &<< UInt32(position) &- 1)
    let inherited = (node.marks &>> UInt32(position &- 1) & 1) &<< UInt32(position)
    node.marks = before | inherited | (node.marks & ~(1 &<< UInt32(position) &- 1)) &<< 1
    if level == 0 { leaf(child).parent = target } else { inner(child).parent = target }
  }

  /// Splits an inner node before child `half`; `visible` units are about to be added on one side, and are counted in the
  /// nodes above already.
  private mutating func splitInner(
    _ index: InnerIndex, at half: Int, adding visible: Int32, toRight: Bool
  ) -> InnerIndex {
    let level = inner(index).level
    let rightIndex = makeInner(level: level)
    let (left, right) = (inner(index), inner(rightIndex))
    let moved = left.count &- half
    right.children.update(from: left.children + half, count: moved)
    right.visible.update(from: left.visible + half, count: moved)
    right.count = moved
    left.count = half
    for position in 0..<moved {
      let child = right.children[position]
      if level == 0 { leaf(child).parent = rightIndex } else { inner(child).parent = rightIndex }
    }
    let movedVisible = right.sumOfVisible(from: 0) &+ (toRight ? visible : 0)
    if left.parent < 0 { makeRoot(above: index, level: level &+ 1) }
    inner(rightIndex).marks = inner(index).marks &>> UInt32(half)
    inner(index).marks &= 1 &<< UInt32(half) &- 1
    let above = inner(inner(index).parent)
    let position = above.position(of: index)
    // The new child's units were taken from a child below this node, so the node's own count lacks them.
    above.visible[position] = inner(index).sumOfVisible(from: 0) &+ (toRight ? 0 : visible)
    insertChild(rightIndex, visible: movedVisible, after: index, into: inner(index).parent, level: level &+ 1)
    flagMarks(below: index)
    flagMarks(below: rightIndex)
    return rightIndex
  }

  /// Notes above an inner node whether marks may stand below it: exactly, so that a way down never ends in vain.
  private mutating func flagMarks(below index: InnerIndex) {
    let above = inner(inner(index).parent)
    let bit: UInt32 = 1 &<< UInt32(above.position(of: index))
    if inner(index).marks == 0 { above.marks &= ~bit } else { above.marks |= bit }
  }
}
