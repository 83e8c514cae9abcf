// Which units the visible content is made of: to tell who wrote what.

/// Consecutive visible units of text that one client wrote.
public struct TextUnits: Equatable, Sendable {
  /// The first unit.
  public let id: ItemID
  /// The text; U+FFFC for each embed and nested type.
  public let text: String
  /// The number of UTF-16 units.
  public let count: Int
}

extension SharedText {
  /// The visible units of the text, in their order.
  ///
  /// - Complexity: O(*n*).
  public var units: [TextUnits] {
    let store = document.store
    var result: [TextUnits] = []
    document.forEachVisibleRange(of: type) { range in
      let text = store.pointee.text(of: range.unit, count: UInt32(range.count))
      result.append(TextUnits(id: store.pointee.itemID(range.unit), text: text, count: Int(range.count)))
    }
    return result
  }
}

extension SharedArray {
  /// The unit of each element.
  ///
  /// - Complexity: O(*n*).
  public var units: [ItemID] { document.visibleUnits(of: id.type) }
}

extension SharedXMLParent {
  /// The unit of each child.
  ///
  /// - Complexity: O(*n*).
  public var units: [ItemID] { document.visibleUnits(of: id.type) }
}

extension SharedMap {
  /// The unit that holds the value of a key; nil when it has none.
  ///
  /// - Complexity: O(*n*) in the keys.
  public func unit(forKey key: String) -> ItemID? {
    let store = document.store
    var chain = store.pointee.types[Int(type)].firstChain
    while chain >= 0 {
      let record = store.pointee.sequences[Int(chain)]
      if store.pointee.names.string(record.key).utf8.elementsEqual(key.utf8) {
        return store.pointee.value(ofChain: chain).map { store.pointee.itemID($0) }
      }
      chain = record.nextChain
    }
    return nil
  }
}

extension Document {
  fileprivate func visibleUnits(of type: TypeIndex) -> [ItemID] {
    var result: [ItemID] = []
    forEachVisibleRange(of: type) { range in
      for offset in 0..<UInt32(range.count) {
        let unit = UnitID(client: range.unit.client, clock: range.unit.clock + offset)
        result.append(store.pointee.itemID(unit))
      }
    }
    return result
  }

  /// Calls `body` with consecutive units of a type's list that are neither deleted nor formatting marks.
  fileprivate func forEachVisibleRange(of type: TypeIndex, _ body: (UnitRange) -> Void) {
    let list = store.pointee.types[Int(type)].list
    guard list >= 0 else { return }
    var index = store.pointee.sequences[Int(list)].first
    while index >= 0 {
      let here = store.pointee.leaf(index)
      for span in 0..<here.count where here.lengths[span] > 0 {
        let unit = UnitID(client: here.clients[span], clock: here.clocks[span])
        body(UnitRange(unit: unit, count: here.units(span)))
      }
      index = here.next
    }
  }
}
