import CRDT

/// A document of any implementation, as programs drive it.
protocol Replica: AnyObject {
  /// Performs all operations in one transaction; returns the updates that the document emitted.
  func perform(_ operations: [Operation]) throws -> [[UInt8]]
  /// Applies an update V1.
  func apply(_ update: [UInt8]) throws
  func encodeUpdate(since stateVector: StateVector) throws -> [UInt8]
  func state() throws -> Driver.State
}

/// A document that a driver holds; dropped with this object.
final class DriverReplica: Replica {
  private let driver: Driver
  private let number: Int

  init(_ driver: Driver, number: Int, client: ClientID) throws {
    self.driver = driver
    self.number = number
    try driver.create(number, client: client)
  }

  deinit { try? driver.drop(number) }

  func perform(_ operations: [Operation]) throws -> [[UInt8]] { try driver.perform(operations, on: number).updates }
  func apply(_ update: [UInt8]) throws { _ = try driver.apply(update, to: number) }
  func encodeUpdate(since stateVector: StateVector) throws -> [UInt8] {
    try driver.encodeUpdate(number, since: stateVector)
  }
  func state() throws -> Driver.State { try driver.state(number) }

  /// The state after these updates, with the whole update.
  func state(
    applying updates: [[UInt8]], asLocal: Bool
  ) throws -> (state: Driver.State, update: [UInt8]) {
    try driver.state(number, applying: updates, asLocal: asLocal)
  }
}

/// A document of this library.
final class LocalReplica: Replica {
  let document: Document
  private var emitted: [[UInt8]] = []
  private var subscription: Subscription?

  init(client: ClientID) {
    document = Document(clientID: client)
    for name in Document.sharedRootNames { _ = document.sharedRoot(name) }
    subscription = document.observeUpdates { [unowned self] event in
      if event.isLocal { emitted.append(event.update) }
    }
  }

  func perform(_ operations: [Operation]) -> [[UInt8]] {
    emitted = []
    document.transact {
      for operation in operations { operation.perform(on: document) }
    }
    return emitted
  }

  func apply(_ update: [UInt8]) throws { try document.apply(update) }
  func encodeUpdate(since stateVector: StateVector) -> [UInt8] { document.encodeUpdate(since: stateVector) }
  func state() -> Driver.State {
    Driver.State(
      stateVector: document.stateVector, values: document.canonicalValues, isPending: document.pending != nil)
  }
}
