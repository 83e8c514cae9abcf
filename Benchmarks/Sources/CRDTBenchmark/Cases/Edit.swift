import CRDT

/// One edit of a case, which every implementation can make.
enum Edit {
  case insert(String, at: Int)
  case delete(Int, at: Int)
  case insertValues([Value], at: Int)
  case set(Value, key: String)
  /// Gives a key a nested map with these members.
  case setMap([Value.Member], key: String)

  /// The edit as the peers read it: an array in JSON.
  var json: String {
    switch self {
    case .insert(let text, let index): "[\"insert\",\(index),\(Value.string(text).jsonString())]"
    case .delete(let count, let index): "[\"delete\",\(index),\(count)]"
    case .insertValues(let values, let index): "[\"insertValues\",\(index),\(Value.array(values).jsonString())]"
    case .set(let value, let key): "[\"set\",\(Value.string(key).jsonString()),\(value.jsonString())]"
    case .setMap(let members, let key):
      "[\"setMap\",\(Value.string(key).jsonString()),\(Value.object(members).jsonString())]"
    }
  }
}

/// The roots that cases edit.
struct Roots {
  let text: SharedText
  let array: SharedArray
  let map: SharedMap

  init(_ document: Document) {
    text = document.text("text")
    array = document.array("array")
    map = document.map("map")
  }

  @inline(__always)
  func perform(_ edit: Edit) {
    switch edit {
    case .insert(let string, let index): text.insert(string, at: index)
    case .delete(let count, let index): text.delete(at: index, count: count)
    case .insertValues(let values, let index): array.insert(values, at: index)
    case .set(let value, let key): map.set(value, forKey: key)
    case .setMap(let members, let key):
      let nested = map.setMap(forKey: key)
      for member in members { nested.set(member.value, forKey: member.name) }
    }
  }

  /// What all roots hold, as the peers write it too.
  var contents: String {
    let elements = array.values.map { $0.jsonString() }.joined(separator: ",")
    let members = map.entries.sorted { $0.key < $1.key }
      .map { "\(Value.string($0.key).jsonString()):\($0.value.jsonString())" }.joined(separator: ",")
    return "\(text.string)\n[\(elements)]\n{\(members)}"
  }
}
