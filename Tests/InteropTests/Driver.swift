import CRDT
import Foundation
import TestSupport

/// A child process that holds documents of another implementation; `Drivers/PROTOCOL.md` describes what it speaks.
///
/// Blocking, and not `Sendable`: each test starts its own.
final class Driver {
  /// What went wrong on the other side, in its words.
  struct Failure: Error, CustomStringConvertible {
    let driver: String
    let message: String
    var description: String { "\(driver): \(message)" }
  }

  /// What a transaction did: the updates that the document emitted and the events of its types.
  struct Changes {
    var updates: [[UInt8]]
    var events: String
  }

  /// What a replica holds.
  struct State: Equatable {
    var stateVector: StateVector
    /// The values in the canonical form of `PROTOCOL.md`.
    var values: String
    var isPending: Bool
  }

  private let name: String
  private let process = Process()
  private let requests = Pipe()
  private let responses = Pipe()

  /// Starts `arguments` and keeps its pipes.
  private init(name: String, arguments: [String], environment: [String: String] = [:]) throws {
    // A driver that dies must show as a failed write, not end the tests.
    signal(SIGPIPE, SIG_IGN)
    self.name = name
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { own, _ in own }
    process.standardInput = requests
    process.standardOutput = responses
    try process.run()
  }

  deinit {
    try? requests.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Yjs on node, from `NODE_PATH` or where Debian's `node-yjs` is.
  static func yjs() throws -> Driver {
    try Driver(
      name: "Yjs", arguments: ["node", script("yjs-driver.js")], environment: ["NODE_PATH": "/usr/share/nodejs"])
  }

  /// yrs through pycrdt, with the Python of `CRDT_PYTHON`, else of the package's `.venv`, else the system's.
  static func yrs() throws -> Driver {
    let environment = TestEnvironment.packageRoot.appending(path: ".venv/bin/python").path
    let fallback = FileManager.default.isExecutableFile(atPath: environment) ? environment : "python3"
    return try Driver(
      name: "yrs", arguments: [TestEnvironment.string("CRDT_PYTHON") ?? fallback, script("yrs-driver.py")])
  }

  private static func script(_ name: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Drivers/\(name)").path
  }

  // MARK: Commands

  func create(_ document: Int, client: ClientID, reportsEvents: Bool = false) throws {
    try tell { request in
      request.writeVarUInt(1)
      request.writeVarUInt(UInt64(document))
      request.writeVarUInt(client.rawValue)
      request.writeVarUInt(reportsEvents ? 1 : 0)
    }
  }

  /// Performs all operations in one transaction.
  func perform(_ operations: [Operation], on document: Int) throws -> Changes {
    try ask { request in
      request.writeVarUInt(2)
      request.writeVarUInt(UInt64(document))
      request.writeVarUInt(UInt64(operations.count))
      for operation in operations { operation.write(to: &request) }
    } read: {
      try Self.readChanges(&$0)
    }
  }

  func encodeUpdate(_ document: Int, since stateVector: StateVector = StateVector()) throws -> [UInt8] {
    try ask { request in
      request.writeVarUInt(3)
      request.writeVarUInt(UInt64(document))
      request.writeVarBytes(stateVector.encode())
    } read: {
      [UInt8](try $0.readVarBytes())
    }
  }

  func apply(_ update: [UInt8], to document: Int) throws -> Changes {
    try ask { request in
      Self.writeApply(update, to: document, request: &request)
    } read: {
      try Self.readChanges(&$0)
    }
  }

  func state(_ document: Int) throws -> State {
    try ask { request in
      Self.writeState(document, withUpdate: false, request: &request)
    } read: {
      try Self.readState(&$0)
    }
  }

  /// Applies the updates and returns the state after them, with the whole update, all in one exchange.
  ///
  /// - Parameter asLocal: Whether the document takes the updates for changes of its own, after which it cleans nothing up.
  func state(
    _ document: Int, applying updates: [[UInt8]], asLocal: Bool
  ) throws -> (state: State, update: [UInt8]) {
    try ask { request in
      for update in updates { Self.writeApply(update, to: document, asLocal: asLocal, request: &request) }
      Self.writeState(document, withUpdate: true, request: &request)
    } read: { response in
      for _ in updates {
        _ = try Self.readChanges(&response)
        try checkSuccess(&response)
      }
      return (try Self.readState(&response), [UInt8](try response.readVarBytes()))
    }
  }

  func drop(_ document: Int) throws {
    try tell { request in
      request.writeVarUInt(6)
      request.writeVarUInt(UInt64(document))
    }
  }

  /// The same document as an update V1, and its root text `root` as Yjs reads it.
  func convert(updateV2: [UInt8], root: String) throws -> (updateV1: [UInt8], text: String) {
    try ask { request in
      request.writeVarUInt(7)
      request.writeVarBytes(updateV2)
      request.writeVarString(root)
    } read: { response in
      ([UInt8](try response.readVarBytes()), String(decoding: try response.readVarBytes(), as: UTF8.self))
    }
  }

  /// What Yjs makes of the update when it merges it with another one.
  func merged(_ update: [UInt8]) throws -> [UInt8] {
    try ask { request in
      request.writeVarUInt(8)
      request.writeVarBytes(update)
    } read: {
      [UInt8](try $0.readVarBytes())
    }
  }

  // MARK: Frames

  private static func writeApply(
    _ update: [UInt8], to document: Int, asLocal: Bool = false, request: inout ByteWriter
  ) {
    request.writeVarUInt(asLocal ? 9 : 4)
    request.writeVarUInt(UInt64(document))
    request.writeVarBytes(update)
  }

  private static func writeState(_ document: Int, withUpdate: Bool, request: inout ByteWriter) {
    request.writeVarUInt(5)
    request.writeVarUInt(UInt64(document))
    request.writeVarUInt(withUpdate ? 1 : 0)
  }

  private static func readState(_ response: inout ByteReader) throws -> State {
    State(
      stateVector: try StateVector(decoding: try response.readVarBytes()),
      values: String(decoding: try response.readVarBytes(), as: UTF8.self),
      isPending: try response.readVarUInt() == 1)
  }

  static func readChanges(_ response: inout ByteReader) throws -> Changes {
    let updates = try (0..<(try response.readVarUInt())).map { _ in [UInt8](try response.readVarBytes()) }
    return Changes(updates: updates, events: String(decoding: try response.readVarBytes(), as: UTF8.self))
  }

  func tell(_ write: (inout ByteWriter) -> Void) throws { try ask(write) { _ in } }

  func ask<Result>(
    _ write: (inout ByteWriter) -> Void, read: (inout ByteReader) throws -> Result
  ) throws -> Result {
    var request = ByteWriter()
    write(&request)
    var frame = Data(littleEndianBytes(UInt32(request.count)))
    request.withBytes { frame.append(contentsOf: $0) }
    try requests.fileHandleForWriting.write(contentsOf: frame)
    let header = try receive(4)
    let length = header.reversed().reduce(0) { $0 << 8 | Int($1) }
    return try receive(length).withUnsafeBytes { buffer in
      var response = ByteReader(buffer)
      try checkSuccess(&response)
      return try read(&response)
    }
  }

  private func checkSuccess(_ response: inout ByteReader) throws {
    guard try response.readVarUInt() == 0 else {
      throw Failure(driver: name, message: String(decoding: try response.readVarBytes(), as: UTF8.self))
    }
  }

  private func receive(_ count: Int) throws -> Data {
    guard count > 0 else { return Data() }
    guard let data = try responses.fileHandleForReading.read(upToCount: count), data.count == count else {
      throw Failure(driver: name, message: "ended without an answer")
    }
    return data
  }

  private func littleEndianBytes(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }
}
