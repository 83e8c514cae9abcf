import CRDT
import Foundation
import TestSupport
import Testing

/// Say nothing and pass where the traces are missing, as `TraceTests` reports.
@Suite("Updates of recorded editing histories")
struct UpdateTraceTests {
  @Test(
    "A large document in V2 loads directly, and is written again as Yjs writes it",
    arguments: EditingTrace.files(suffix: ".yjs"))
  func document(file: String) throws {
    let update = [UInt8](try Data(contentsOf: EditingTrace.folder.appending(path: file)))
    let document = Document(clientID: 1)
    let result = try document.apply(update, format: .v2)
    #expect(result.changed && !result.isPending)
    let theirs = try Driver.yjs().load(updateV2: update)
    let parts = try Update.parts(of: update, ofAbout: 10_000, format: .v2)
    let copy = Document(clientID: 1)
    for part in parts { try #require(try !copy.apply(part, format: .v2).isPending) }
    #expect(parts.count > 50)
    // Not compared inside of the expectation, which would print all of it.
    let isCopy = copy.encodeUpdate(format: .v2) == document.encodeUpdate(format: .v2)
    #expect(isCopy)
    let isSame = document.encodeUpdate(format: .v2) == theirs.updateV2 && document.encodeUpdate() == theirs.updateV1
    #expect(isSame)
  }

  @Test(
    "One update for each patch, merged without a document, is the document",
    arguments: EditingTrace.files(suffix: "rustcode.json.gz"))
  func merging(file: String) throws {
    let trace = try EditingTrace(file: file)
    let document = Document(clientID: 1)
    let text = document.text("text")
    var updates: [[UInt8]] = []
    let subscription = document.observeUpdates { updates.append($0.update) }
    if let start = trace.startContent, !start.isEmpty { text.append(start) }
    for transaction in trace.txns { transaction.replay(on: document, text) }
    subscription.cancel()
    let merged = try Update.merge(updates)
    var random = SeededGenerator(seed: 1)
    let isSame = try Update.merge(updates.shuffled(using: &random)) == merged
    #expect(isSame)
    let copy = Document(clientID: 2)
    try copy.apply(merged)
    #expect(copy.text("text").string.utf8.elementsEqual(trace.endContent.utf8))
    let isWhole = copy.encodeUpdate() == document.encodeUpdate()
    #expect(isWhole)
  }
}
