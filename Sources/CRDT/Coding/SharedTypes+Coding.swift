#if !hasFeature(Embedded)
  extension Content {
    /// What is there now as a decodable type.
    ///
    /// - Throws: `DecodingError` with the path to what is missing or of another kind.
    /// - Complexity: O(*n*) in all that is inside.
    public func decode<Result: Decodable>(
      _ type: Result.Type = Result.self, using decoder: ValueDecoder = ValueDecoder()
    ) throws -> Result {
      try decoder.decode(type, from: plainValue)
    }
  }

  extension SharedMap {
    /// The map and all inside as a decodable type: nested shared types are read as their plain values.
    ///
    /// ```swift
    /// let settings = try document.map("settings").decode(Settings.self)
    /// ```
    /// - Throws: `DecodingError` with the path to what is missing or of another kind.
    /// - Complexity: O(*n*) in all that is inside.
    public func decode<Result: Decodable>(
      _ type: Result.Type = Result.self, using decoder: ValueDecoder = ValueDecoder()
    ) throws -> Result {
      try decoder.decode(type, from: plainValue)
    }

    /// Makes the map say what an encodable value says, by changing what differs, in one transaction.
    ///
    /// As ``setContents(of:nesting:)``, but with values told apart as Codable reads them: a key whose value is null or
    /// `undefined` is not removed where the new value has nil. So a value that was decoded and not changed since writes
    /// nothing.
    ///
    /// What the map holds and the type does not know is removed. To keep it, and to keep what others have changed since
    /// the value was read, use ``update(from:since:nesting:using:)``.
    ///
    /// - Parameter nesting: What new values become.
    /// - Throws: What encoding throws, and `EncodingError.invalidValue` when the value encodes itself as anything but an
    ///   object; nothing is changed then.
    public func update(
      from value: some Encodable, nesting: SharedNesting = .plain, using encoder: ValueEncoder = ValueEncoder()
    ) throws {
      guard case .object(let members) = try encoder.encode(value) else { throw value.invalid("an object") }
      ContentUpdate(nesting: nesting, equivalence: .coded).apply(members, to: self)
    }

    /// Writes what has changed between two versions of an encodable value, in one transaction: what was decoded, and what
    /// has become of it here.
    ///
    /// Keys whose values are the same in both versions are left alone, whatever they hold by now: what others have
    /// changed since stays, and so do keys that the type does not know. The rule goes for maps inside maps, too, and a shared
    /// text gets the change between the versions, by ``SharedText/update(to:since:)``; an array that differs between the
    /// versions becomes that of the new one.
    ///
    /// ```swift
    /// let old = try map.decode(Task.self)
    /// var new = old
    /// new.isDone = true
    /// // … updates from others arrive …
    /// try map.update(from: new, since: old)
    /// ```
    /// - Parameter nesting: What new values become.
    /// - Throws: As ``update(from:nesting:using:)``.
    public func update<Source: Encodable>(
      from value: Source, since old: Source, nesting: SharedNesting = .plain,
      using encoder: ValueEncoder = ValueEncoder()
    ) throws {
      guard case .object(let members) = try encoder.encode(value),
        case .object(let oldMembers) = try encoder.encode(old)
      else { throw value.invalid("an object") }
      ContentUpdate(nesting: nesting, equivalence: .coded).apply(members, since: oldMembers, to: self)
    }
  }

  extension SharedArray {
    /// The elements as a decodable type: nested shared types are read as their plain values.
    ///
    /// ```swift
    /// let tasks = try document.array("tasks").decode([Task].self)
    /// ```
    /// - Throws: `DecodingError` with the path to what is missing or of another kind.
    /// - Complexity: O(*n*) in all that is inside.
    public func decode<Result: Decodable>(
      _ type: Result.Type = Result.self, using decoder: ValueDecoder = ValueDecoder()
    ) throws -> Result {
      try decoder.decode(type, from: plainValue)
    }

    /// Makes the array say what an encodable value says, by few insertions and deletions, in one transaction.
    ///
    /// As ``setContents(of:nesting:)``, but with values told apart as Codable reads them, so that a value that was decoded
    /// and not changed since writes nothing.
    ///
    /// - Parameter nesting: What new values become.
    /// - Throws: What encoding throws, and `EncodingError.invalidValue` when the value encodes itself as anything but an
    ///   array; nothing is changed then.
    public func update(
      from value: some Encodable, nesting: SharedNesting = .plain, using encoder: ValueEncoder = ValueEncoder()
    ) throws {
      guard case .array(let elements) = try encoder.encode(value) else { throw value.invalid("an array") }
      ContentUpdate(nesting: nesting, equivalence: .coded).apply(elements, to: self)
    }
  }

  extension Encodable {
    fileprivate func invalid(_ expected: String) -> EncodingError {
      EncodingError.invalidValue(
        self, EncodingError.Context(codingPath: [], debugDescription: "Expected \(expected) to be encoded."))
    }
  }
#endif
