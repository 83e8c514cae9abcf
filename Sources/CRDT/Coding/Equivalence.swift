#if !hasFeature(Embedded)
  /// When a value that is there need not be written again. The order of an object's members never counts.
  enum Equivalence {
    /// As JavaScript would tell them apart.
    case exact
    /// As Codable reads them: what is null, `undefined` or missing is nil, and a whole number is one in either type.
    case coded

    /// A form that is equal for values that need not be written in each other's place.
    func canonical(_ value: Value) -> Value {
      switch value {
      case .undefined where self == .coded: return .null
      case .bigInt(let integer) where self == .coded && integer.magnitude <= 1 << 53: return .number(Double(integer))
      case .array(let elements): return .array(elements.map { canonical($0) })
      case .object(let members):
        let sorted = Value.distinct(members)
          .map { Value.Member($0.name, canonical($0.value)) }
          .filter { self == .exact || !isNil($0.value) }
          .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return .object(sorted)
      default: return value
      }
    }

    /// Whether Codable takes the value for nil.
    func isNil(_ value: Value) -> Bool {
      switch value {
      case .null, .undefined: self == .coded
      default: false
      }
    }

    func areEquivalent(_ left: Value, _ right: Value) -> Bool { canonical(left) == canonical(right) }
  }
#endif
