import CRDT
import Testing

@testable import SyncNode

@Suite("Participants")
struct ParticipantTests {
  @Test("What Yjs' editors say is read, what else there is stays, and nonsense is nobody's cursor")
  func states() throws {
    let position = #"{"type":null,"tname":"body","item":{"client":7,"clock":3},"assoc":0}"#
    let json =
      ##"{"user":{"name":"Ada","color":"#f00"},"cursor":{"anchor":\##(position),"head":\##(position)},"##
      + #""status":"idle","editing":"tasks/0","scroll":12}"#
    let participant = Participant(try Value(json: json))
    #expect(participant.name == "Ada" && participant.color == "#f00")
    #expect(participant.selection?.head.item == ItemID(client: 7, clock: 3))
    #expect(participant.status == .idle && participant.editing == "tasks/0")
    #expect(participant.others == [Value.Member("scroll", .number(12))])
    #expect(Participant(participant.state) == participant)
    for nonsense in [
      "null", "7", "[]", #"{"user":7,"cursor":"x","status":"bored","editing":[]}"#, #"{"cursor":{"anchor":{}}}"#,
    ] {
      let participant = Participant(try Value(json: nonsense))
      #expect(participant.name == nil && participant.selection == nil && participant.status == nil, "\(nonsense)")
    }
  }

  @Test("A cursor stays where it is meant to be while others edit before it")
  func cursor() async throws {
    try await TestServer.run { server in
      let (ada, bob) = (try await server.node.open("room"), try await server.node.open("room"))
      try await ada.edit { $0.text("body").append("Hello world") }
      var participant = Participant(name: "Ada")
      participant.selection = try await ada.read { document in
        Participant.Selection(at: document.text("body").position(at: 6))
      }
      ada.setParticipant(participant)
      try await bob.edit { $0.text("body").insert("Oh: ", at: 0) }
      for await event in bob.presenceEvents {
        guard case .joined(ada.clientID, let seen) = event, let selection = seen.selection else { continue }
        #expect(try await bob.read { $0.text("body").index(of: selection.head) } == 10)
        break
      }
    }
  }

  @Test("Who comes, changes and leaves is told in that order")
  func events() async throws {
    try await TestServer.run { server in
      let watcher = try await server.node.open("room")
      var events = watcher.presenceEvents.makeAsyncIterator()
      let ada = try await server.node.open("room")
      ada.setParticipant(Participant(name: "Ada"))
      #expect(await events.next() == .joined(ada.clientID, Participant(name: "Ada")))
      ada.setParticipant(Participant(name: "Ada L."))
      #expect(await events.next() == .changed(ada.clientID, Participant(name: "Ada L.")))
      ada.setParticipant(nil)
      #expect(await events.next() == .left(ada.clientID, Participant(name: "Ada L.")))
    }
  }
}
