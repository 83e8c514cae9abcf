import CRDT

/// What is measured: one named operation on a workload.
struct Operation: Sendable {
  enum Unit: Sendable {
    case milliseconds
    case bytes
  }

  /// As the peers name it in their results.
  let name: String
  let title: String
  let unit: Unit
  /// Whether the workload has what the operation needs.
  let applies: @Sendable (Workload) -> Bool
  /// Prepares, measures once and verifies the result; only the operation itself is in the figure.
  let sample: @Sendable (Workload) throws -> Double

  /// In the order of the report. A peer measures what has the same name in its table of operations; what it lacks shows as
  /// a dash.
  static let all: [Operation] = [
    .local, .localEmitting, .load, .loadV2, .remote, .encode, .encodeV2, .merge, .memory,
  ]
}

/// A result that is not what Yjs has.
struct WrongResult: Error, CustomStringConvertible {
  let description: String

  /// Throws unless `document` holds the text that `workload` ends with.
  static func check(_ document: Document, _ workload: Workload) throws(WrongResult) {
    guard document.text(Workload.rootName).string == workload.endContent else {
      throw WrongResult(description: "\(workload.name): the text differs from the end of the trace")
    }
  }

  /// Throws unless `document` encodes to the bytes that Yjs makes.
  static func checkEncoding(_ document: Document, _ workload: Workload) throws(WrongResult) {
    guard document.encodeUpdate() == workload.encoded else {
      throw WrongResult(description: "\(workload.name): the encoded document differs from that of Yjs")
    }
  }
}
