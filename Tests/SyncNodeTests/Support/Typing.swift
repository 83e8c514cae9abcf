import CRDT
import Synchronization
import Testing

/// Somebody who types in a room, and somebody who has to see it, for as long as a flood lasts.
final class Typing: Sendable {
  private let writer: TestClient
  private let reader: TestClient
  private let count = Mutex(0)

  init(in room: String, of server: TestServer) async throws {
    writer = try await server.connect(room)
    reader = try await server.connect(room)
    _ = try await reader.payload(.syncStep1)
  }

  /// Types one letter, and waits until it is seen.
  func type() async throws {
    let number = count.withLock { number in
      defer { number += 1 }
      return number
    }
    let (client, clock) = (UInt8(number / 100 + 1), UInt8(number % 100))
    // Of known units only the first of a client needs a place.
    let letter: [UInt8] =
      clock == 0
      ? Insertion.update("a", client: client)
      : [1, 1, client, clock, 0x84, client, clock - 1, 1, 0x61, 0]
    reader.forget()
    try await writer.sendUpdate(letter)
    _ = try await reader.payload(.update) { $0 == letter }
    #expect(!writer.isClosed && !reader.isClosed)
  }

  /// Types one letter for each megabyte of a flood until `isEnough`, and one more.
  func type(during flooding: Flooding, until isEnough: () -> Bool) async throws {
    var typedAt = 0
    // Ended from outside if it stands still: how long it takes depends on what else the machine does.
    while !isEnough() {
      if flooding.sentBytes >= typedAt {
        try await type()
        typedAt = flooding.sentBytes + 1 << 20
      }
      try await pause()
    }
    try await type()
  }
}
