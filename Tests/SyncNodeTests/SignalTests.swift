import CRDT
import NIOWebSocket
import Testing

@testable import SyncNode

@Suite("Signalling")
struct SignalTests {
  private func send(_ json: String, by client: TestClient) async throws {
    try await client.send(Array(json.utf8), opcode: .text)
  }

  private func hasHeard(_ json: String, _ client: TestClient) -> Bool { client.hasReceived(Array(json.utf8)) }

  @Test("What is published about a topic comes to all who subscribed to it, with their number, and to nobody else")
  func publishing() async throws {
    try await TestServer.run { server in
      let clients = [
        try await server.connect("signal"), try await server.connect("signal"), try await server.connect("signal"),
      ]
      for client in clients.prefix(2) { try await send(#"{"type":"subscribe","topics":["room","other"]}"#, by: client) }
      try await send(#"{"type":"subscribe","topics":["third"]}"#, by: clients[2])
      for client in clients {
        try await send(#"{"type":"ping"}"#, by: client)
        try await until("the pong, behind the subscription") { hasHeard(#"{"type":"pong"}"#, client) }
      }
      try await send(#"{"type":"publish","topic":"room","clients":9,"data":{"from":"a","signal":"ä"}}"#, by: clients[0])
      let signal = #"{"type":"publish","topic":"room","data":{"from":"a","signal":"ä"},"clients":2}"#
      for client in clients.prefix(2) { try await until("the signal") { hasHeard(signal, client) } }
      // Who hears nothing of a topic has nothing to say of it.
      try await send(#"{"type":"publish","topic":"room","data":"spam"}"#, by: clients[2])
      try await send(#"{"type":"unsubscribe","topics":["room"]}"#, by: clients[1])
      try await send(#"{"type":"publish","topic":"other","data":1}"#, by: clients[1])
      try await until("the unsubscription") {
        hasHeard(#"{"type":"publish","topic":"other","data":1,"clients":2}"#, clients[0])
      }
      try await send(#"{"type":"publish","topic":"room","data":2}"#, by: clients[0])
      try await until("it is alone") {
        hasHeard(#"{"type":"publish","topic":"room","data":2,"clients":1}"#, clients[0])
      }
      #expect(clients[2].received == [.message(Array(#"{"type":"pong"}"#.utf8))])
      #expect(
        !clients[0].received.contains {
          if case .message(let bytes) = $0 { String(decoding: bytes, as: UTF8.self).contains("spam") } else { false }
        })
    }
  }

  @Test("What is published before it is known who it is comes when it is known, and who leaves is not counted")
  func order() async throws {
    let book = RightsBook(["ada": .all(.write, for: "ada")])
    try await TestServer.run(book.configuration) { server in
      let (first, second) = (try await server.connect("signal?token=ada"), try await server.connect("signal?token=ada"))
      for client in [first, second] {
        try await send(#"{"type":"subscribe","topics":["room"]}"#, by: client)
        try await send(#"{"type":"publish","topic":"room","data":"here"}"#, by: client)
      }
      try await until("both are heard") {
        hasHeard(#"{"type":"publish","topic":"room","data":"here","clients":2}"#, first)
      }
      try await second.disconnect()
      try await until("one is left") {
        try await send(#"{"type":"publish","topic":"room","data":"alone"}"#, by: first)
        return hasHeard(#"{"type":"publish","topic":"room","data":"alone","clients":1}"#, first)
      }
    }
  }

  @Test("A topic is for those who may write to its room; whoever loses that is put out")
  func rights() async throws {
    let book = RightsBook([
      "reader": .all(.read), "one": Grant(rooms: ["one"]), "ada": .all(.write),
    ])
    try await TestServer.run(book.configuration) { server in
      for (token, topic, reason) in [
        ("reader", "room", "linking up takes the right to write in the room"),
        ("one", "room", "the room is not for you"),
        ("ada", "notifications:ada", "linking up takes the right to write in the room"),
        ("nobody", "room", "the token was revoked"),
      ] {
        let client = try await server.connect("signal?token=\(token)")
        try await send(#"{"type":"subscribe","topics":["\#(topic)"]}"#, by: client)
        #expect(try await client.closure().reason == reason, "\(token)")
      }
      let ada = try await server.connect("signal?token=ada")
      try await send(#"{"type":"subscribe","topics":["room"]}"#, by: ada)
      try await send(#"{"type":"publish","topic":"room","data":1}"#, by: ada)
      try await until("she is in") { !ada.received.isEmpty }
      book.set("ada", nil)
      server.node.reviewAccess()
      #expect(try await ada.closure().code == 4401)
    }
  }

  @Test("What is no signal, and what is too much, ends the connection with a reason")
  func nonsense() async throws {
    var configuration = Node.Configuration.quiet()
    configuration.limits.signalBytesMax = 1024
    configuration.limits.roomsPerConnectionMax = 3
    try await TestServer.run(configuration) { server in
      for (text, code) in [
        ("", 1007), ("{", 1007), ("[]", 1007), ("7", 1007), (#"{"type":7}"#, 1007),
        (#"{"type":"subscribe","topics":[""]}"#, 1007),
        (#"{"type":"subscribe","topics":["a","b","c","d"]}"#, 1008),
        (String(repeating: "[", count: 1000), 1007), (#"{"type":""# + String(repeating: "x", count: 2000), 1009),
      ] as [(String, UInt16)] {
        let client = try await server.connect("signal")
        try await send(text, by: client)
        #expect(try await client.closure().code == code, "\(text.prefix(60))")
      }
      // What later versions may have is passed over.
      let client = try await server.connect("signal")
      for text in [
        #"{"type":"subscribe"}"#, #"{"type":"subscribe","topics":"a"}"#, #"{"type":"subscribe","topics":[1,null]}"#,
        #"{"type":"publish"}"#, #"{"type":"hello"}"#, #"{"type":"ping"}"#,
      ] { try await send(text, by: client) }
      try await until("the pong") { hasHeard(#"{"type":"pong"}"#, client) }
    }
  }
}
