extension SharedMap: Sequence {
  /// The keys with their values as they are now, in the order in which the keys came up here: a loop may change the map
  /// without noticing.
  ///
  /// - Complexity: O(*n*) in the keys that ever had a value.
  public func makeIterator() -> IndexingIterator<[(key: String, value: Content)]> { entries.makeIterator() }

  /// Whether no key has a value.
  ///
  /// - Complexity: O(*n*) in the keys that ever had a value.
  public var isEmpty: Bool { count == 0 }

  /// The plain value of a key: nil when it has none, or holds a shared type. Setting it gives the key a value; setting
  /// nil takes the key's value away, whatever it is.
  ///
  /// ```swift
  /// meta["title"] = "Greeting"
  /// meta["draft"] = nil
  /// meta["note"] = .some(.null)  // JSON's null
  /// ```
  /// What is read without a type in mind is the other subscript's `Content`, which knows shared types as well.
  ///
  /// - Complexity: O(1).
  @_disfavoredOverload
  public subscript(key: String) -> Value? {
    get { (self[key] as Content?)?.value }
    nonmutating set {
      if let newValue { set(newValue, forKey: key) } else { removeValue(forKey: key) }
    }
  }
}
