import CRDT
import TestSupport
import Testing

@testable import SyncNode

@Suite("Explanations of messages of a socket with many documents")
struct MultiplexedExplanationTests {
  private func explain(
    _ bytes: [UInt8]
  ) -> (parts: [Explanation.Part], damage: Explanation.Damage?) {
    var parts: [Explanation.Part] = []
    do throws(Explanation.Damage) {
      try Explanation.explainMultiplexed(bytes) { parts.append($0) }
      return (parts, nil)
    } catch {
      return (parts, error)
    }
  }

  private func message(_ room: String, _ write: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    writer.writeVarString(room)
    write(&writer)
    return writer.bytes()
  }

  /// The first part's name and details as JSON.
  private func summary(_ bytes: [UInt8]) -> String? {
    guard case .message(let name, let details)? = explain(bytes).parts.first?.content else { return nil }
    return "\(name) \(Value.object(details).jsonString())"
  }

  @Test("What clients and servers say is explained; of a token only its length")
  func hocuspocus() {
    let token = message("notes\0a") { writer in
      for byte in [2, 0] as [UInt8] { writer.writeByte(byte) }
      writer.writeVarString("secret")
      writer.writeVarString("4.5.0")
    }
    #expect(summary(token) == #"token {"document":"notes","session":"a","tokenBytes":6,"version":"4.5.0"}"#)
    let granted = message("n") { MultiplexedMessage.writeAuthenticated(.write, to: &$0) }
    #expect(summary(granted) == #"permission granted {"document":"n","scope":"read-write"}"#)
    let denied = message("n") { MultiplexedMessage.writePermissionDenied("no", to: &$0) }
    #expect(summary(denied) == #"permission denied {"document":"n","reason":"no"}"#)
    let status = message("n") { MultiplexedMessage.writeSyncStatus(isStored: true, to: &$0) }
    #expect(summary(status) == #"sync status {"document":"n","isStored":true}"#)
    let stateless = message("n") { MultiplexedMessage.writeStateless("hi", to: &$0) }
    #expect(summary(stateless) == #"stateless message {"document":"n","payload":"hi"}"#)
    #expect(
      summary(message("n") { MultiplexedMessage.writeClose("end", to: &$0) })
        == #"close {"document":"n","reason":"end"}"#)
    #expect(summary(message("n") { $0.writeByte(7) }) == #"close {"document":"n"}"#)
    #expect(summary([9]) == "ping {}" && summary([10]) == "pong {}")
    for (step, name) in ["sync step 1", "sync step 2", "update"].enumerated() {
      let bytes = message("n") { writer in
        for byte in [0, UInt8(step), 1, 0] as [UInt8] { writer.writeByte(byte) }
      }
      #expect(summary(bytes) == #"\#(name) {"document":"n"}"#)
    }
  }

  @Test("What nodes say to each other is explained, with the updates inside")
  func nodes() throws {
    let document = Document(clientID: 1)
    document.text("t").insert("a", at: 0)
    var random = SeededGenerator(seed: 1)
    let hello = PeerMessage.Hello(id: .random(using: &random), rooms: .matching(["a*"]), token: "secret")
    let rooms = #""isReadOnly":false,"rooms":"matching","patterns":["a*"]"#
    #expect(
      summary(message("") { hello.write(to: &$0) })
        == #"hello {"document":"","version":1,"node":"\#(hello.id)",\#(rooms),"tokenBytes":6}"#)
    let epoch = Epoch(generation: 2, id: 7)
    let delta = PeerMessage.Delta(number: 3, isStart: true, isEnd: false, epoch: epoch)
    let update = message("n") { writer in document.encodeUpdate().withUnsafeBytes { delta.write($0, to: &writer) } }
    #expect(
      summary(update)
        == #"delta {"document":"n","number":3,"isStart":true,"isEnd":false,"epoch":2,"epochIdentifier":7}"#)
    let told = explain(update)
    #expect(told.damage == nil)
    let item = told.parts.lazy.compactMap { if case .structure(let item) = $0.content { item } else { nil } }.first
    let place = try #require(item?.bytes)
    #expect(hex(update[place]) == "040101740161")
    let state = PeerMessage.State(
      stateVector: document.stateVector, deletionDigest: 0x0102, wantsAnswer: true, isInUse: false)
    let parts = explain(message("n") { state.write(to: &$0) })
    #expect(parts.damage == nil && parts.parts.contains { $0.content == .clock(client: 1, clock: 1) })
    let acknowledgement = PeerMessage.Acknowledgement(received: 3, stored: 2, ownStored: 1)
    #expect(
      summary(message("n") { acknowledgement.write(to: &$0) })
        == #"acknowledgement {"document":"n","received":3,"stored":2,"ownStored":1}"#)
    var retired = RetiredClients()
    retired.insert(writersOf: document)
    let next = PeerMessage.NewEpoch(epoch: epoch, retired: retired)
    #expect(
      summary(message("n") { next.write(to: &$0) })
        == #"epoch {"document":"n","epoch":2,"epochIdentifier":7,"retiredClients":[1]}"#)
  }

  @Test("What nodes and providers write can be explained; cut short, it is damaged where it ends or at a length")
  func truncated() {
    let document = Document(clientID: 1)
    document.text("t").insert("abc", at: 0)
    let messages = [
      message("room") { writer in
        writer.writeUpdateMessage(document.encodeUpdate())
      },
      message("room") { PeerMessage.Acknowledgement(received: 3, stored: 2, ownStored: 1).write(to: &$0) },
      message("room") { MultiplexedMessage.writeAuthenticated(.read, to: &$0) },
    ]
    for message in messages {
      #expect(explain(message).damage == nil)
      for length in message.indices {
        let damage = explain(Array(message[..<length])).damage
        #expect(damage?.error.code == .truncated && (damage?.error.byteOffset ?? .max) <= length)
      }
    }
  }

  @Test("Any bytes are either explained or damaged within them", arguments: 0..<50 as Range<UInt64>)
  func hostile(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var bytes = (0..<random.below(24)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      if random.oneIn(2), bytes.count > 2 {
        bytes.replaceSubrange(0..<3, with: [1, 0x61, UInt8(0x40 + random.below(5))])
      }
      if let damage = explain(bytes).damage { #expect((0...bytes.count).contains(damage.error.byteOffset)) }
    }
  }
}
