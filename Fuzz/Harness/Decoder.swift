/// Something that reads what a peer sends.
struct Decoder {
  let name: String
  /// Reads an input and checks the laws that hold for whatever it is.
  let run: (Input, Meter) throws(Violation) -> Void

  /// The first byte of an input is a place in this list, so new decoders go to the end and none moves.
  nonisolated(unsafe) static let all: [Decoder] = [
    Decoder(name: "update", run: readUpdate),
    Decoder(name: "updates, one after the other", run: readUpdates),
    Decoder(name: "state vector", run: readStateVector),
    Decoder(name: "awareness update", run: readAwarenessUpdate),
    Decoder(name: "protocol messages", run: readProtocolMessages),
    Decoder(name: "value", run: readValue),
    Decoder(name: "JSON text", run: readJSONText),
    Decoder(name: "update in V2", run: readUpdateV2),
    Decoder(name: "update without a document", run: readWithTools),
    Decoder(name: "snapshot", run: readSnapshot),
    Decoder(name: "relative position", run: readRelativePosition),
  ]
}
