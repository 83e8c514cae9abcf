import NIOCore
import NIOEmbedded
import TestSupport

@testable import SyncNode

// The connections of clients, which lose nothing until they break.

extension Simulation {
  /// Connects a client after a while, unless it is told otherwise by then.
  ///
  /// - Parameter delay: In nanoseconds.
  func dial(_ client: SimulatedClient, in delay: Int64) {
    client.lastAttempt += 1
    let attempt = client.lastAttempt
    // Behind a balancer, clients come back to another node.
    if clientRandom.oneIn(2) { client.node = clientRandom.below(machines.count) }
    schedule(in: delay, on: client.node) { [self] in
      guard attempt == client.lastAttempt, client.socket == nil, !client.isGone else { return }
      connect(client)
    }
  }

  private func connect(_ client: SimulatedClient) {
    let machine = machines[client.node]
    guard let node = machine.node else { return dialAgain(client) }
    guard let socket = try? SimulatedSocket(of: client, to: node, number: client.node, on: machine.eventLoop) else {
      return fail("a client's connection cannot be set up")
    }
    note("client \(client.number) is connected to \(client.node)")
    sockets.append(socket)
    client.connect(socket)
  }

  /// Connects a client again, later after each failure.
  private func dialAgain(_ client: SimulatedClient) {
    let delayMax = min(100 * Simulation.millisecond << min(client.failures, 10), 10 * Simulation.second)
    client.failures += 1
    dial(client, in: Int64.random(in: delayMax / 2...delayMax, using: &clientRandom))
  }

  /// Ends a client's connection on its side.
  ///
  /// - Parameter tells: Whether the node hears of it.
  func end(_ client: SimulatedClient, _ reason: String, tells: Bool) {
    guard let socket = client.socket else { return }
    note("client \(client.number) disconnects \(reason)")
    client.disconnect()
    if tells { closeNodeEnd(of: socket) } else { socket.toNode.isBroken = true }
    if !client.isGone { dialAgain(client) }
  }

  private func closeNodeEnd(of socket: SimulatedSocket) {
    schedule(in: arrival(on: &socket.toNode) - now, on: socket.node) {
      if !socket.toNode.isBroken { socket.channel.close(promise: nil) }
    }
  }

  /// Breaks a connection: either both ends are told, or nothing comes through in one direction, or in both.
  func breakOff(_ socket: SimulatedSocket) {
    let isReset = clientRandom.oneIn(3)
    note("the connection of client \(socket.client.number) breaks\(isReset ? ", with notice" : "")")
    if isReset {
      schedule(in: between(0, scenario.delayMax), on: socket.node) { socket.channel.close(promise: nil) }
      schedule(in: between(0, scenario.delayMax), on: socket.node) { [self] in
        if socket.client.socket === socket { end(socket.client, "since the connection is broken", tells: false) }
      }
    }
    let direction = isReset ? 0 : clientRandom.below(3)
    if direction != 1 { socket.toNode.isBroken = true }
    if direction != 2 { socket.toClient.isBroken = true }
  }

  /// Sends a frame of a client.
  func transmit(_ frame: ByteBuffer, over socket: SimulatedSocket) {
    guard !isBreaking(socket) else { return }
    schedule(in: arrival(on: &socket.toNode) - now, on: socket.node) {
      guard socket.channel.isActive, !socket.toNode.isBroken else { return }
      _ = try? socket.channel.writeInbound(frame)
    }
  }

  /// Takes up what nodes send to clients, and which connections they closed.
  func carryFramesToClients(of only: Int?) {
    for socket in sockets where only == nil || socket.node == only {
      while let frame = try? socket.channel.readOutbound(as: ByteBuffer.self) { send(frame, over: socket) }
      guard !socket.channel.isActive, !socket.isEndTold else { continue }
      socket.isEndTold = true
      checkPresence(on: socket.node)
      schedule(in: arrival(on: &socket.toClient) - now, on: socket.node) { [self] in
        guard !socket.toClient.isBroken, socket.client.socket === socket else { return }
        end(socket.client, "since the node did", tells: false)
      }
    }
    sockets.removeAll { $0.isOver }
  }

  private func send(_ frame: ByteBuffer, over socket: SimulatedSocket) {
    guard !isBreaking(socket) else { return }
    schedule(in: arrival(on: &socket.toClient) - now, on: socket.node) { [self] in
      guard socket.client.socket === socket, !socket.toClient.isBroken else { return }
      do {
        if try !socket.client.receive(frame) { end(socket.client, "since the node asked", tells: true) }
      } catch {
        fail("client \(socket.client.number): \(error)")
      }
    }
  }

  /// Whether a frame is lost, and the connection with it.
  private func isBreaking(_ socket: SimulatedSocket) -> Bool {
    guard areFaultsOn, scenario.breakOneIn > 0, clientRandom.oneIn(scenario.breakOneIn) else { return false }
    breakOff(socket)
    return true
  }

  private func arrival(on way: inout SimulatedSocket.Way) -> Int64 {
    way.lastArrival = max(now + between(0, scenario.delayMax), way.lastArrival)
    return way.lastArrival
  }

  /// Closes the ends of a node that dies. After a power cut no client is told.
  func crashSockets(of index: Int) {
    for socket in sockets where socket.node == index {
      socket.isEndTold = clientRandom.oneIn(3)
      socket.channel.close(promise: nil)
    }
  }
}
