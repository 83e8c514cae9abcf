#if !hasFeature(Embedded)
  /// Gives shared types new contents by changing what differs, and no more.
  struct ContentUpdate {
    let nesting: SharedNesting
    let equivalence: Equivalence

    // MARK: Maps

    func apply(_ members: [Value.Member], to map: SharedMap) {
      let members = MemberTable(members)
      map.document.transact {
        for (key, content) in map.entries where members[key] == nil && !equivalence.isNil(content) {
          map.removeValue(forKey: key)
        }
        for member in members.list {
          let content: Content? = map[member.name]
          if content == nil && equivalence.isNil(member.value) { continue }
          if let content, change(content, to: member.value) { continue }
          set(member.value, forKey: member.name, in: map)
        }
      }
    }

    /// Writes what differs between two versions.
    func apply(_ members: [Value.Member], since old: [Value.Member], to map: SharedMap) {
      let (new, old) = (MemberTable(members), MemberTable(old))
      map.document.transact {
        for member in old.list where equivalence.isMissing(new[member.name]) && !equivalence.isMissing(member.value) {
          map.removeValue(forKey: member.name)
        }
        for member in new.list where !equivalence.isMissing(member.value) {
          let before = old[member.name] ?? .undefined
          if equivalence.areEquivalent(member.value, before) { continue }
          let content: Content? = map[member.name]
          if case .map(let nested)? = content, case .object(let members) = member.value, case .object(let old) = before
          {
            apply(members, since: old, to: nested)
          } else if case .text(let text)? = content, case .string(let new) = member.value,
            case .string(let old) = before
          {
            text.update(to: new, since: old)
          } else if content.map({ change($0, to: member.value) }) != true {
            set(member.value, forKey: member.name, in: map)
          }
        }
      }
    }

    private func set(_ value: Value, forKey key: String, in map: SharedMap) {
      switch value {
      case .object(let members) where nesting.contains(.maps): apply(members, to: map.setMap(forKey: key))
      case .array(let elements) where nesting.contains(.arrays): append(elements, to: map.setArray(forKey: key))
      case .string(let string) where nesting.contains(.texts): map.setText(forKey: key).append(string)
      default: map.set(value, forKey: key)
      }
    }

    /// Makes what is there the value without replacing it.
    ///
    /// - Returns: False when it has to be replaced; it is unchanged then.
    private func change(_ content: Content, to value: Value) -> Bool {
      switch (content, value) {
      case (.text(let text), .string(let string)): text.update(to: string)
      case (.array(let array), .array(let elements)): apply(elements, to: array)
      case (.map(let map), .object(let members)): apply(members, to: map)
      case (.text, _), (.array, _), (.map, _): return false
      default: return equivalence.areEquivalent(content.plainValue, value)
      }
      return true
    }

    // MARK: Arrays

    func apply(_ elements: [Value], to array: SharedArray) {
      let contents = array.values
      var numbers = ValueNumbers()
      let old = contents.map { numbers.number(equivalence.canonical($0.plainValue)) }
      let new = elements.map { numbers.number(equivalence.canonical($0)) }
      let edits = ListDifference(from: old, to: new).edits
      guard !edits.isEmpty else { return }
      array.document.transact {
        // From the end, so that indices before stay valid.
        for edit in edits.reversed() {
          let pairs = ElementPairs(contents, elements, edit, equivalence).pairs
          var (oldEnd, newEnd) = (edit.removed.upperBound, edit.inserted.upperBound)
          for pair in pairs.reversed() {
            replace(pair.old + 1..<oldEnd, by: elements[pair.new + 1..<newEnd], in: array)
            _ = change(contents[pair.old], to: elements[pair.new])
            (oldEnd, newEnd) = (pair.old, pair.new)
          }
          replace(edit.removed.lowerBound..<oldEnd, by: elements[edit.inserted.lowerBound..<newEnd], in: array)
        }
      }
    }

    private func replace(_ range: Range<Int>, by elements: ArraySlice<Value>, in array: SharedArray) {
      if !range.isEmpty { array.delete(at: range.lowerBound, count: range.count) }
      insert(elements, at: range.lowerBound, in: array)
    }

    private func append(_ elements: [Value], to array: SharedArray) {
      insert(elements[...], at: array.count, in: array)
    }

    private func insert(_ elements: ArraySlice<Value>, at start: Int, in array: SharedArray) {
      var (index, plain) = (start, [Value]())
      for element in elements {
        guard isShared(element) else {
          plain.append(element)
          continue
        }
        array.insert(plain, at: index)
        index += plain.count
        plain = []
        switch element {
        case .object(let members): apply(members, to: array.insertMap(at: index))
        case .array(let elements): append(elements, to: array.insertArray(at: index))
        default: array.insertText(at: index).append(element.stringValue ?? "")
        }
        index += 1
      }
      array.insert(plain, at: index)
    }

    private func isShared(_ value: Value) -> Bool {
      switch value {
      case .object: nesting.contains(.maps)
      case .array: nesting.contains(.arrays)
      case .string: nesting.contains(.texts)
      default: false
      }
    }
  }

  extension Equivalence {
    func isNil(_ content: Content) -> Bool { content.value.map { isNil($0) } ?? false }

    /// Whether a member is not there, or has a value that says no more.
    func isMissing(_ value: Value?) -> Bool { value.map { $0 == .undefined || isNil($0) } ?? true }
  }

  /// Numbers that are equal for equal values.
  struct ValueNumbers {
    private var known: [Value: UInt32] = [:]

    mutating func number(_ value: Value) -> UInt32 {
      if let number = known[value] { return number }
      let number = UInt32(known.count)
      known[value] = number
      return number
    }
  }
#endif
