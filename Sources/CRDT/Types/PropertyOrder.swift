/// The order that JavaScript keeps an object's properties in.
enum PropertyOrder {
  /// Members with whole numbers for names first, ascending, then the others as they were added. A name that is given
  /// twice stands where it was first, with its last value.
  ///
  /// - Complexity: O(*n* log *n*).
  static func sorted(_ members: [Value.Member]) -> [Value.Member] {
    // Names in the order of their bytes, to find what is given twice without a table that a peer could fill badly.
    let order = members.indices.sorted {
      let (left, right) = (members[$0].name.utf8, members[$1].name.utf8)
      return left.elementsEqual(right) ? $0 < $1 : left.lexicographicallyPrecedes(right)
    }
    var last: [Int?] = Array(repeating: nil, count: members.count)
    var position = 0
    while position < order.count {
      let first = order[position]
      var end = position
      while end + 1 < order.count && members[order[end + 1]].name.utf8.elementsEqual(members[first].name.utf8) {
        end += 1
      }
      last[first] = order[end]
      position = end + 1
    }
    var numbered: [(index: UInt32, member: Value.Member)] = []
    var named: [Value.Member] = []
    for index in members.indices {
      guard let source = last[index] else { continue }
      if let number = arrayIndex(members[index].name) {
        numbered.append((number, members[source]))
      } else {
        named.append(members[source])
      }
    }
    numbered.sort { $0.index < $1.index }
    return numbered.map { $0.member } + named
  }

  /// The whole number that a name is, if JavaScript counts it as an index.
  static func arrayIndex(_ name: String) -> UInt32? {
    var name = name
    return name.withUTF8 { arrayIndex($0) }
  }

  private static func arrayIndex(_ digits: UnsafeBufferPointer<UInt8>) -> UInt32? {
    guard let first = digits.first, digits.count <= 10, first != UInt8(ascii: "0") || digits.count == 1 else {
      return nil
    }
    var value: UInt64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
    }
    return value < UInt64(UInt32.max) ? UInt32(value) : nil
  }
}

extension Value {
  /// The same value with all objects' members in the order that JavaScript keeps them in.
  var inPropertyOrder: Value {
    switch self {
    case .array(let elements): .array(elements.map { $0.inPropertyOrder })
    case .object(let members):
      .object(PropertyOrder.sorted(members).map { Member($0.name, $0.value.inPropertyOrder) })
    default: self
    }
  }
}
