#if !hasFeature(Embedded)
  extension AwarenessChanges {
    /// The changes without the clients that said again what they had said before: y-protocols' event `change`, where this
    /// is its event `update`.
    ///
    /// - Complexity: O(*n*) in the updated states, which are parsed where their bytes differ.
    public var visible: AwarenessChanges {
      var visible = self
      let kept = updated.indices.filter { !Self.areEqual(replacements[$0].old, replacements[$0].new) }
      visible.updated = kept.map { updated[$0] }
      visible.replacements = kept.map { replacements[$0] }
      return visible
    }

    /// Whether two JSON texts mean the same, whatever the order of members.
    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
      if left == right { return true }
      guard let left = try? Value(json: left), let right = try? Value(json: right) else { return false }
      return Equivalence.exact.areEquivalent(left, right)
    }
  }

  extension Awareness {
    /// What a client says of itself; nil when it is not present, or its state is no JSON.
    ///
    /// - Complexity: O(*n*) in the length of the state, which is parsed.
    public func value(of client: ClientID) -> Value? { state(of: client).flatMap { try? Value(json: $0) } }

    /// What all present clients say of themselves, without those whose state is no JSON.
    ///
    /// - Complexity: O(*n*) in the length of the states, which are parsed.
    public var values: [ClientID: Value] {
      var values: [ClientID: Value] = [:]
      for entry in states.entries { values[entry.client] = try? Value(json: entry.state) }
      return values
    }

    /// States `value` for ``ownClient`` at its next clock; nil and null say that it leaves.
    ///
    /// ```swift
    /// let outcome = awareness.set(["name": "Ada", "cursor": nil], now: now)
    /// send(AwarenessUpdate(outcome.accepted))
    /// ```
    /// - Returns: What other peers have to hear and who changed; nothing when this peer speaks for no client.
    public mutating func set(_ value: Value?, now: UInt64) -> Outcome {
      let isGone = value.map { $0.isNullOrUndefined } ?? true
      return stateOwn(isGone ? nil : value.map { [UInt8]($0.jsonString().utf8) }, now: now)
    }

    /// Changes one member of the state of ``ownClient``, at its next clock.
    ///
    /// - Returns: What other peers have to hear and who changed; nothing when this peer's client is not present, or its
    ///   state is no object.
    public mutating func set(_ member: String, to value: Value, now: UInt64) -> Outcome {
      guard let client = ownClient, case .object(var members)? = self.value(of: client) else { return Outcome() }
      members.append(Value.Member(member, value))
      return set(.object(Value.distinct(members)), now: now)
    }
  }
#endif
