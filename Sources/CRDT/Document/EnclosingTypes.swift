/// Finds the nearest of some types that another is in, looking at each type once: peers choose how deep types nest, and
/// a walk to the root for each of them would take time that grows with its square.
struct EnclosingTypes {
  private let isWanted: (TypeIndex) -> Bool
  private var known: [TypeIndex: Place?] = [:]

  /// A type that was looked for, and how many types lie between it and the one it was looked for from, plus one.
  struct Place {
    var type: TypeIndex
    var steps: Int
  }

  init(where isWanted: @escaping (TypeIndex) -> Bool) { self.isWanted = isWanted }

  /// The nearest wanted type of a type and those around it; nil when there is none.
  ///
  /// - Complexity: O(1) amortised in the types.
  mutating func nearest(to type: TypeIndex, in store: borrowing DocumentStore) -> Place? {
    var passed: [TypeIndex] = []
    var place: Place?
    var next: TypeIndex? = type
    while let type = next {
      if isWanted(type) {
        place = Place(type: type, steps: 0)
        break
      }
      if let known = known[type] {
        place = known
        break
      }
      passed.append(type)
      next = store.parent(of: type)
    }
    for type in passed.reversed() {
      place?.steps += 1
      known[type] = .some(place)
    }
    return place
  }
}
