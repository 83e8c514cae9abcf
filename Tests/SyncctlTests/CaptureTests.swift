import CRDT
import Foundation
import TestSupport
import Testing

/// `inspect` explains frames that were recorded.
@Suite struct CaptureTests {
  private func lines(_ text: String, _ arguments: String...) async throws -> (status: Int32, lines: [JSON]) {
    let outcome = try await syncctl(["inspect", "-", "--json"] + arguments, input: Data(text.utf8))
    return (outcome.status, try expectSchema("inspect", outcome.standardOutput))
  }

  private func parts(_ name: String, in lines: [JSON]) -> [JSON] { lines.filter { $0["part"] == .string(name) } }

  @Test("Lines with times and directions are frames, in hexadecimal or Base64")
  func frames() async throws {
    let hexadecimal = """
      # what a client said and heard
      10:20:30.5 > 00000100
      10:20:31 < 00010b0101010004010174016100

      < 0108010101047b7d2020
      """
    let base64 = """
      10:20:30.5 > AAABAA==
      10:20:31 < AAELAQEBAAQBAXQBYQA=
      < AQgBAQEEe30gIA==
      """
    for text in [hexadecimal, base64] {
      let (status, lines) = try await lines(text)
      #expect(status == 0, "\(lines)")
      #expect(lines.first?["kind"] == "capture" && lines.first?["frames"] == 3)
      let frames = parts("frame", in: lines)
      #expect(frames.map { $0["direction"] } == ["sent", "received", "received"])
      #expect(frames.map { $0["time"] } == ["10:20:30.5", "10:20:31", nil])
      #expect(frames.allSatisfy { $0["kind"] == "message" })
      #expect(parts("message", in: lines).map { $0["name"] } == ["sync step 1", "sync step 2", "awareness"])
      #expect(parts("struct", in: lines).map { $0["offset"] } == [7])
    }
  }

  @Test("A frame that is damaged does not keep the others from being explained")
  func damagedFrame() async throws {
    let (status, lines) = try await lines("> 00000100\n> 0002\n> 03\n")
    #expect(status == 1)
    #expect(parts("damage", in: lines).map { $0["frame"] } == [1])
    #expect(parts("frame", in: lines).count == 3)
    #expect(parts("message", in: lines).map { $0["name"] } == ["sync step 1", "query for awareness"])
  }

  @Test("An export of Chrome's network tools is explained by socket; tokens are not shown")
  func archive() async throws {
    func frame(_ bytes: String, _ type: String) -> String {
      let data = Data(TestSupport.bytes(bytes)).base64EncodedString()
      return #"{"type":"\#(type)","time":1764132312.25,"opcode":2,"data":"\#(data)"}"#
    }
    let text = """
      {"log": {"version": "1.2", "entries": [
        {"request": {"url": "https://app.example/"}},
        {"request": {"url": "wss://relay.example/notes?token=secret"}, "_webSocketMessages": [
          \(frame("00000100", "send")), {"type": "receive", "time": 1.5, "opcode": 1, "data": "hello"}]},
        {"request": {"url": "wss://relay.example/"}, "_webSocketMessages": [
          \(frame("056e6f74657302000673656372657405342e352e30", "send")), \(frame("09", "receive"))]}]}}
      """
    let (status, lines) = try await lines(text)
    #expect(status == 0 && lines.first?["sockets"] == 2, "\(lines)")
    let frames = parts("frame", in: lines)
    #expect(frames.map { $0["kind"] } == ["message", "text", "multiplexed", "multiplexed"])
    #expect(frames.first?["socket"] == "wss://relay.example/notes")
    #expect(frames.first?["time"] == "2025-11-26T04:45:12.250Z")
    let token = parts("message", in: lines).first { $0["name"] == "token" }
    #expect(token?["details"]?["tokenBytes"] == 6)
    #expect(!"\(lines)".contains("secret"))
  }

  @Test("Lines that are no frames are named")
  func wrongLine() async throws {
    let outcome = try await syncctl(["inspect", "-"], input: Data("> 00000100\n> what is this\n".utf8))
    #expect(outcome.status == 1 && outcome.standardError.contains("line 2"), "\(outcome)")
  }

  @Test("Bytes that were broken into lines of equal width are one input")
  func brokenLines() async throws {
    let document = Document(clientID: 1)
    document.text("t").insert(String(repeating: "long ", count: 60), at: 0)
    let digits = Array(hex(document.encodeUpdate()))
    let broken = stride(from: 0, to: digits.count, by: 60).map { String(digits[$0..<min($0 + 60, digits.count)]) }
    let (status, lines) = try await lines(broken.joined(separator: "\n"))
    #expect(status == 0 && lines.first?["kind"] == "update", "\(lines)")
  }
}
