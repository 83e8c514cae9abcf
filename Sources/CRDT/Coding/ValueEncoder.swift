#if !hasFeature(Embedded)
  /// Makes plain values of Swift's encodable types.
  ///
  /// Structs and dictionaries become objects, in the order in which they encode their members, optionals that are nil are
  /// left out or null as the type has it, numbers become ``Value/number(_:)`` when a double holds them exactly and
  /// ``Value/bigInt(_:)`` else. `Data` and `[UInt8]` become bytes, `URL` a string, a `Value` stays what it is, and a
  /// ``Content`` becomes its ``Content/plainValue``.
  public struct ValueEncoder {
    /// How dates are encoded.
    public var dates = DateStrategy.deferredToDate
    /// Handed to the types that encode themselves.
    public var userInfo: [CodingUserInfoKey: any Sendable] = [:]

    /// An encoder with the default strategies.
    public init() {}

    /// The value of an encodable one.
    ///
    /// - Throws: `EncodingError.invalidValue` for an integer that 64 bits with sign do not hold, and for values nested
    ///   deeper than ``ValueCodec/depthMax``; what the value's own implementation throws.
    public func encode(_ value: some Encodable) throws -> Value {
      let node = EncodedNode()
      try NodeEncoder(node: node, codingPath: [], options: self).encode(value)
      return node.value
    }
  }

  /// A value that is being made, in the places that containers are open for.
  final class EncodedNode {
    private var plain: Value?
    private var elements: [EncodedNode]?
    private var members: [(name: String, node: EncodedNode)]?
    private var places: [[UInt8]: Int] = [:]

    /// What has been made. Who encodes nothing is an empty object.
    var value: Value {
      if let plain { return plain }
      if let elements { return .array(elements.map(\.value)) }
      return .object((members ?? []).map { Value.Member($0.name, $0.node.value) })
    }

    var count: Int { elements?.count ?? 0 }

    func set(_ value: Value) { plain = value }

    func beginArray() { if elements == nil { elements = [] } }

    func beginObject() { if members == nil { members = [] } }

    func appendElement() -> EncodedNode {
      let node = EncodedNode()
      elements?.append(node)
      return node
    }

    /// The member of the given name, which is made when it is not there.
    func member(_ name: String) -> EncodedNode {
      let bytes = [UInt8](name.utf8)
      if let place = places[bytes] { return members![place].node }
      let node = EncodedNode()
      places[bytes] = members?.count
      members?.append((name, node))
      return node
    }
  }

  /// Encodes into one node.
  struct NodeEncoder: Encoder, SingleValueEncodingContainer {
    let node: EncodedNode
    let codingPath: [any CodingKey]
    let options: ValueEncoder
    var userInfo: [CodingUserInfoKey: Any] { options.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
      node.beginObject()
      return KeyedEncodingContainer(KeyedNodeEncoder<Key>(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
      node.beginArray()
      return UnkeyedNodeEncoder(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// The encoder for what lies one step further.
    func encoder(for node: EncodedNode, _ key: any CodingKey) -> NodeEncoder {
      NodeEncoder(node: node, codingPath: codingPath + [key], options: options)
    }

    func encodeNil() { node.set(.null) }
    func encode(_ value: Bool) { node.set(.bool(value)) }
    func encode(_ value: String) { node.set(.string(value)) }
    func encode(_ value: Double) { node.set(.number(value)) }
    func encode(_ value: Float) { node.set(.number(Double(value))) }
    func encode(_ value: Int) throws { try encode(integer: value) }
    func encode(_ value: Int8) throws { try encode(integer: value) }
    func encode(_ value: Int16) throws { try encode(integer: value) }
    func encode(_ value: Int32) throws { try encode(integer: value) }
    func encode(_ value: Int64) throws { try encode(integer: value) }
    func encode(_ value: UInt) throws { try encode(integer: value) }
    func encode(_ value: UInt8) throws { try encode(integer: value) }
    func encode(_ value: UInt16) throws { try encode(integer: value) }
    func encode(_ value: UInt32) throws { try encode(integer: value) }
    func encode(_ value: UInt64) throws { try encode(integer: value) }

    private func encode(integer: some FixedWidthInteger) throws {
      guard let exact = Int64(exactly: integer) else { throw invalid(integer, "The integer does not fit 64 bits.") }
      node.set(Value(exact))
    }

    func encode(_ value: some Encodable) throws {
      guard codingPath.count <= ValueCodec.depthMax else { throw invalid(value, "Values are nested too deeply.") }
      if let plain = Value.coding(value, dates: options.dates) {
        node.set(plain)
      } else {
        try value.encode(to: self)
      }
    }

    private func invalid(_ value: Any, _ sentence: String) -> EncodingError {
      EncodingError.invalidValue(value, EncodingError.Context(codingPath: codingPath, debugDescription: sentence))
    }
  }

  private struct KeyedNodeEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: NodeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func member(_ key: any CodingKey) -> NodeEncoder {
      encoder.encoder(for: encoder.node.member(key.stringValue), key)
    }

    func encodeNil(forKey key: Key) { member(key).encodeNil() }
    func encode(_ value: some Encodable, forKey key: Key) throws { try member(key).encode(value) }

    func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { member(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { member(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { member(PathKey.superclass) }
    func superEncoder(forKey key: Key) -> any Encoder { member(key) }
  }

  private struct UnkeyedNodeEncoder: UnkeyedEncodingContainer {
    let encoder: NodeEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { encoder.node.count }

    private func next() -> NodeEncoder {
      let key = PathKey(intValue: count)
      return encoder.encoder(for: encoder.node.appendElement(), key)
    }

    func encodeNil() { next().encodeNil() }
    func encode(_ value: some Encodable) throws { try next().encode(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
      next().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
    func superEncoder() -> any Encoder { next() }
  }
#endif
