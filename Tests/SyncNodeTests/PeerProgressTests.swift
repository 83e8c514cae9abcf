import CRDT
import TestSupport
import Testing

@testable import SyncNode

@Suite("What one peer has of a room")
struct PeerProgressTests {
  private typealias Delta = PeerMessage.Delta

  private func delta(_ number: UInt64, isStart: Bool = false, isEnd: Bool = false) -> Delta {
    Delta(number: number, isStart: isStart, isEnd: isEnd)
  }

  @Test("Deltas are taken in order, known ones are told apart, and a missing one is noticed until an answer starts")
  func order() {
    var progress = PeerProgress(acknowledgedSequence: 0, lastSent: 0)
    let beginning = [delta(1), delta(2, isStart: true), delta(3, isEnd: true)].map { progress.receive($0) }
    #expect(beginning == [.gap, .next, .next], "nothing has started before the second")
    #expect(progress.isReceivingAnswer)
    progress.endAnswer()
    #expect(progress.hasCaughtUp && !progress.isReceivingAnswer)
    let later = [delta(3, isEnd: true), delta(4), delta(6), delta(7)].map { progress.receive($0) }
    #expect(later == [.known, .next, .gap, .gap])
    #expect(progress.lastReceived == 4, "what follows a gap is not acknowledged")
    let mended = [delta(8, isStart: true), delta(2, isStart: true)].map { progress.receive($0) }
    #expect(mended == [.next, .known], "an old answer starts nothing")
    #expect(progress.lastReceived == 8)
  }

  @Test("The log counts as stored by the peer up to the first entry that is not, whoever wrote it")
  func acknowledgements() {
    var progress = PeerProgress(acknowledgedSequence: 3, lastSent: 0)
    progress.startAnswer()
    let numbers = [
      progress.sendAnswerPart(isStart: true, endingAt: nil).number,
      progress.sendAnswerPart(isStart: false, endingAt: 10).number, progress.sendNews(11).number,
    ]
    #expect(numbers == [1, 2, 3])
    _ = progress.receive(delta(1, isStart: true, isEnd: true))
    progress.noteReceived(12)

    func acknowledge(_ stored: UInt64, own: UInt64) -> Int64 {
      _ = progress.receive(.init(received: stored, stored: stored, ownStored: own))
      return progress.acknowledgedSequence
    }
    #expect(acknowledge(1, own: 0) == 3, "a part of an answer is not the answer")
    #expect(acknowledge(2, own: 1) == 10)
    #expect(acknowledge(1, own: 0) == 10, "an old acknowledgement takes nothing back")
    #expect(acknowledge(3, own: 1) == 12)
    #expect(acknowledge(900, own: 900) == 12, "nobody has stored what was not sent")
    _ = progress.sendNews(13)
    #expect(!progress.hasStored(13))
  }

  @Test("Until an answer has ended, nothing counts as stored by the peer that is in it")
  func acknowledgedDuringAnswer() {
    var progress = PeerProgress(acknowledgedSequence: 3, lastSent: 0)
    progress.startAnswer()
    _ = progress.sendAnswerPart(isStart: true, endingAt: 5)
    // It gets lost, and the peer asks.
    _ = progress.sendNews(6)
    progress.startAnswer()
    _ = progress.receive(delta(1, isStart: true, isEnd: true))
    progress.noteReceived(7)
    _ = progress.sendAnswerPart(isStart: true, endingAt: nil)
    _ = progress.receive(.init(received: 3, stored: 3, ownStored: 1))
    #expect(progress.acknowledgedSequence == 3)
    _ = progress.sendAnswerPart(isStart: false, endingAt: 8)
    _ = progress.receive(.init(received: 4, stored: 4, ownStored: 1))
    #expect(progress.acknowledgedSequence == 8)
  }

  @Test("What comes from the peer before our first answer does not hide what the peer lacks")
  func receivedBeforeAnswer() {
    var progress = PeerProgress(acknowledgedSequence: 0, lastSent: 0)
    _ = progress.receive(delta(1, isStart: true, isEnd: true))
    progress.noteReceived(5)
    _ = progress.receive(.init(received: 0, stored: 0, ownStored: 1))
    #expect(progress.acknowledgedSequence == 0)
  }

  @Test("A pattern matches a whole name, with any characters for a star")
  func patterns() {
    let patterns = RoomSelection.matching(["project:*", "*-notes-*", "exact", "a*b*c"])
    for name in ["project:", "project:42", "my-notes-1", "-notes-", "exact", "abc", "axxbyyc", "abcbc"] {
      #expect(patterns.includes(name), "\(name)")
    }
    for name in ["Project:1", "exact1", "anexact", "notes", "abcx", "", "acb"] {
      #expect(!patterns.includes(name), "\(name)")
    }
    #expect(RoomSelection.matching(["*"]).includes(""))
    #expect(RoomSelection.all.includes("x") && RoomSelection.inUse.includes("x"))
  }

  @Test("Waits grow up to a bound, each anywhere below its own, and start again after a stable connection")
  func backoff() {
    var random = SeededGenerator(seed: 1)
    var longest: [Duration] = []
    for _ in 0..<50 {
      var backoff = Backoff()
      let waits = (0..<10).map { _ in backoff.next(using: &random) }
      for (attempt, wait) in waits.enumerated() {
        let bound = min(Duration.seconds(30), .milliseconds(500) * (1 << attempt))
        #expect(wait >= .zero && wait <= bound)
      }
      longest.append(waits.max() ?? .zero)
      backoff.noteConnection(lasting: .seconds(10))
      let afterStable = backoff.next(using: &random)
      #expect(afterStable <= .milliseconds(500))
      backoff.noteConnection(lasting: .seconds(1))
      let afterUnstable = (0..<20).map { _ in backoff.next(using: &random) }
      #expect(afterUnstable.max().map { $0 > .seconds(1) } == true, "the series goes on")
    }
    #expect(longest.max().map { $0 > .seconds(25) } == true)
    #expect(longest.min().map { $0 < .seconds(28) } == true, "peers do not come back at once")
  }

  @Test(
    "Addresses of peers",
    arguments: [
      ("ws://relay.example", "relay.example", 80, "/"), ("wss://relay.example/", "relay.example", 443, "/"),
      ("tls://relay.example:1", "relay.example", 1, "/"),
      ("ws://127.0.0.1:8787/x?token=a%20b", "127.0.0.1", 8787, "/x?token=a%20b"),
      ("tcp://[::1]:9", "::1", 9, "/"),
    ] as [(String, String, Int, String)])
  func addresses(text: String, host: String, port: Int, path: String) throws {
    let address = try PeerAddress(text)
    #expect(address.host == host && address.port == port && address.path == path && address.description == text)
  }

  @Test(
    "What is no address of a peer is refused with a reason",
    arguments: [
      "", "relay", "http://relay:1", "tcp://relay", "tls://relay", "tcp://:1", "ws://relay:70000", "ws://relay:0",
    ])
  func noAddresses(text: String) {
    #expect(throws: PeerAddressError.self) { try PeerAddress(text) }
  }

  @Test("Messages between nodes read as they were written")
  func messages() throws {
    var generator = RandomSource.system
    let id = PeerID.random(using: &generator)
    let vector = StateVector([1: 5, 700: 9])
    func read(_ write: (inout ByteWriter) -> Void) throws -> PeerMessage {
      var writer = ByteWriter()
      writer.writeVarString("room")
      write(&writer)
      return try writer.withBytes { bytes in
        let (address, message) = try PeerMessage.decode(bytes)
        #expect(address == 1..<5)
        return message
      }
    }
    for rooms in [RoomSelection.all, .matching(["a*", "b"]), .inUse] {
      for (isReadOnly, token) in [(true, ""), (false, "secret")] {
        let hello = PeerMessage.Hello(id: id, rooms: rooms, isReadOnly: isReadOnly, token: token)
        #expect(try read { hello.write(to: &$0) } == .hello(hello))
      }
    }
    for (wantsAnswer, isInUse) in [(true, false), (false, true), (true, true), (false, false)] {
      let state = PeerMessage.State(
        stateVector: vector, deletionDigest: .max - 1, wantsAnswer: wantsAnswer, isInUse: isInUse)
      #expect(try read { state.write(to: &$0) } == .state(state))
    }
    let epoch = Epoch(generation: 1, id: 2)
    let state = PeerMessage.State(
      stateVector: vector, deletionDigest: 1, wantsAnswer: true, isInUse: true, epoch: epoch)
    #expect(try read { state.write(to: &$0) } == .state(state))
    let delta = Delta(number: 300, isStart: true, isEnd: false)
    let update: [UInt8] = [1, 2, 3]
    #expect(
      try read { writer in update.withUnsafeBytes { delta.write($0, to: &writer) } } == .delta(delta, update: 10..<13))
    let later = Delta(number: 300, isStart: false, isEnd: true, epoch: epoch)
    #expect(
      try read { writer in update.withUnsafeBytes { later.write($0, to: &writer) } } == .delta(later, update: 12..<15))
    var retired = RetiredClients()
    let document = Document(clientID: 300)
    document.text("t").insert("a", at: 0)
    retired.insert(writersOf: document)
    let begun = PeerMessage.NewEpoch(epoch: epoch, retired: retired)
    #expect(try read { begun.write(to: &$0) } == .epoch(begun))
    let beyond = PeerMessage.NewEpoch(epoch: Epoch(generation: 1 << 32, id: 1), retired: retired)
    #expect(throws: UpdateError.self) { try read { beyond.write(to: &$0) } }
    let acknowledgement = PeerMessage.Acknowledgement(received: 1, stored: 200, ownStored: 3)
    #expect(try read { acknowledgement.write(to: &$0) } == .acknowledgement(acknowledgement))
  }

  @Test("Any bytes from a node are either read or refused", arguments: 0..<50 as Range<UInt64>)
  func hostile(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      var bytes: [UInt8] = [0, UInt8(0x40 + random.below(5))]
      for _ in 0..<random.below(40) { bytes.append(UInt8(truncatingIfNeeded: random.next())) }
      bytes.withUnsafeBytes { bytes in
        if let (address, _) = try? PeerMessage.decode(bytes) { #expect(address.upperBound <= bytes.count) }
      }
    }
  }
}
