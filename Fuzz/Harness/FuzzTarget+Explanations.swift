/// What explains bytes for people.
extension FuzzTarget {
  static func readExplanations(_ input: Input, _ meter: Meter) throws(Violation) {
    let bytes = [UInt8](input.bytes)
    for kind in Explanation.Kind.allCases {
      var damage: UpdateError?
      var isInside = true
      do throws(Explanation.Damage) {
        try Explanation.explain(bytes, as: kind) { part in
          if let place = part.bytes, place.upperBound > bytes.count { isInside = false }
          for column in part.columns where column.bytes.upperBound > bytes.count { isInside = false }
        }
      } catch {
        damage = error.error
      }
      try require(isInside, "a part is outside of the input")
      try require((0...bytes.count).contains(damage?.byteOffset ?? 0), "a damage is outside of the input")
      switch kind {
      case .update: try require(damage == refusal(of: bytes, .v1), "an update is damaged where it is not refused")
      case .updateV2: try require(damage == refusal(of: bytes, .v2), "an update is damaged where it is not refused")
      default: break
      }
    }
  }

  private static func refusal(of update: [UInt8], _ format: UpdateFormat) -> UpdateError? {
    do throws(UpdateError) {
      _ = try Update.stateVector(of: update, format: format)
      return nil
    } catch {
      return error
    }
  }
}
