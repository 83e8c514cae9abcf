/// Something that reads what a peer sends.
struct FuzzTarget {
  let name: String
  /// Reads an input and checks the laws that hold for whatever it is.
  let run: (Input, Meter) throws(Violation) -> Void

  /// The first byte of an input is a place in this list, so new decoders go to the end and none moves.
  nonisolated(unsafe) static let all: [FuzzTarget] = [
    FuzzTarget(name: "update", run: readUpdate),
    FuzzTarget(name: "updates, one after the other", run: readUpdates),
    FuzzTarget(name: "state vector", run: readStateVector),
    FuzzTarget(name: "awareness update", run: readAwarenessUpdate),
    FuzzTarget(name: "protocol messages", run: readProtocolMessages),
    FuzzTarget(name: "value", run: readValue),
    FuzzTarget(name: "JSON text", run: readJSONText),
    FuzzTarget(name: "update in V2", run: readUpdateV2),
    FuzzTarget(name: "update without a document", run: readWithTools),
    FuzzTarget(name: "snapshot", run: readSnapshot),
    FuzzTarget(name: "relative position", run: readRelativePosition),
    FuzzTarget(name: "explanation", run: readExplanations),
  ]
}
