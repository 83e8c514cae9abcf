import CRDT
import Foundation
import TestSupport
import Testing

@Suite("Recorded editing histories")
struct TraceTests {
  @Test("There are traces to replay, or this says where they were looked for")
  func tracesExist() {
    if EditingTrace.files(suffix: "").isEmpty {
      print("no traces in \(EditingTrace.folder.path): nothing to replay (set TRACES to a folder that has them)")
    }
  }

  @Test(
    "A sequential trace replays to its end, and so does the update that it encodes to",
    arguments: EditingTrace.files(suffix: ".json.gz").filter { !$0.contains(".concurrent.") })
  func sequential(file: String) throws {
    let trace = try EditingTrace(file: file)
    try requireCodePointsAreUnits(trace)
    let document = Document(clientID: 1)
    let text = document.text("text")
    if let start = trace.startContent, !start.isEmpty { text.append(start) }
    for transaction in trace.txns { transaction.replay(on: document, text) }
    #expect(text.string.utf8.elementsEqual(trace.endContent.utf8))

    let loaded = Document(clientID: 2)
    try loaded.apply(document.encodeUpdate())
    #expect(loaded.text("text").string.utf8.elementsEqual(trace.endContent.utf8))
    #expect(loaded.encodeUpdate() == document.encodeUpdate())
  }

  @Test(
    "A concurrent trace, one document for each agent, merges to its end",
    arguments: EditingTrace.files(suffix: ".concurrent.json.gz"))
  func concurrent(file: String) throws {
    let trace = try EditingTrace(file: file)
    try requireCodePointsAreUnits(trace)
    var agents = Agents(count: 1 + (trace.txns.compactMap(\.agent).max() ?? 0))
    for transaction in trace.txns { try agents.perform(transaction) }
    try agents.mergeAll()
    for document in agents.documents {
      #expect(document.text("text").string.utf8.elementsEqual(trace.endContent.utf8))
      #expect(document.encodeUpdate() == agents.documents[0].encodeUpdate())
    }
  }

  @Test("A large document of Yjs loads to the text that Yjs shows", arguments: EditingTrace.files(suffix: ".yjs"))
  func document(file: String) throws {
    let updateV2 = [UInt8](try Data(contentsOf: EditingTrace.folder.appending(path: file)))
    let yjs = try Driver.yjs().convert(updateV2: updateV2, root: "text")
    let document = Document(clientID: 1)
    let result = try document.apply(yjs.updateV1)
    #expect(result.changed && !result.isPending)
    #expect(!yjs.text.isEmpty)
    #expect(document.text("text").string.utf8.elementsEqual(yjs.text.utf8))
    #expect(document.encodeUpdate() == yjs.updateV1)
  }

  private func requireCodePointsAreUnits(_ trace: EditingTrace) throws {
    let isInBasicPlane = trace.txns.allSatisfy { $0.patches.allSatisfy(\.isInBasicPlane) }
    try #require(isInBasicPlane, "positions of this trace need converting from code points to UTF-16 units")
  }
}

/// The people of a concurrent trace, each with a document that has seen what its person had seen.
private struct Agents {
  let documents: [Document]
  /// By agent: the update of each of its transactions.
  private var updates: [[[UInt8]]]
  /// By agent: how many transactions of each agent its document has.
  private var known: [[Int]]
  /// By transaction: how many transactions of each agent it is written on top of, itself included.
  private var histories: [[Int]] = []

  /// Clients are numbered in the order of agents, which decides ties as in the trace.
  init(count: Int) {
    documents = (0..<count).map { Document(clientID: ClientID(rawValue: UInt64($0 + 1))) }
    updates = Array(repeating: [], count: count)
    known = Array(repeating: Array(repeating: 0, count: count), count: count)
  }

  mutating func perform(_ transaction: EditingTrace.Transaction) throws {
    let agent = try #require(transaction.agent)
    var history = Array(repeating: 0, count: documents.count)
    for parent in transaction.parents ?? [] {
      history = zip(history, histories[parent]).map { max($0, $1) }
    }
    try learn(agent, upTo: history)
    try #require(known[agent] == history, "the agent's document is ahead of what the transaction was written on")

    let document = documents[agent]
    let before = document.stateVector
    var update: [UInt8]?
    let subscription = document.observeUpdates { update = $0.update }
    transaction.replay(on: document, document.text("text"))
    subscription.cancel()
    updates[agent].append(try #require(update, "nothing changed since \(before.clocks)"))
    history[agent] += 1
    known[agent] = history
    histories.append(history)
  }

  mutating func mergeAll() throws {
    let all = updates.map(\.count)
    for agent in documents.indices { try learn(agent, upTo: all) }
  }

  private mutating func learn(_ agent: Int, upTo history: [Int]) throws {
    for other in documents.indices {
      while known[agent][other] < history[other] {
        try documents[agent].apply(updates[other][known[agent][other]])
        known[agent][other] += 1
      }
    }
  }
}
