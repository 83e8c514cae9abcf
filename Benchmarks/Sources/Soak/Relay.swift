import Foundation
import NIOCore
import NIOPosix

/// The relay that is soaked, a process of its own.
final class Relay: Sendable {
  let port: Int
  private let process: Process

  /// Starts a relay with a new store in `folder`, and waits until it listens.
  ///
  /// - Parameter clients: How many connect at once, all from the same address.
  init(_ program: String, folder: String, clients: Int) throws {
    let store = "\(folder)/soak.sqlite"
    for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: store + suffix) }
    let process = Process()
    process.executableURL = URL(filePath: program)
    // Those who leave are still going when others come, and probes are connections, too.
    process.arguments = [
      "serve", "--port", "0", "--store", store, "--log-level", "warning",
      "--limit", "connections-per-address=\(clients * 2)",
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var line = Data()
    while line.last != UInt8(ascii: "\n"), let byte = try output.fileHandleForReading.read(upToCount: 1) {
      line += byte
    }
    let text = String(decoding: line, as: UTF8.self)
    guard let match = text.firstMatch(of: /ws:\/\/127\.0\.0\.1:(\d+)/), let port = Int(match.1) else {
      throw SoakError("the relay did not start: \(text)")
    }
    self.port = port
    self.process = process
  }

  var isRunning: Bool { process.isRunning }

  /// What the process has in memory, in MB.
  var residentMB: Double {
    let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
    let kilobytes = status.firstMatch(of: /VmRSS:\s+(\d+)/).flatMap { Double($0.1) }
    return (kilobytes ?? .nan) / 1024
  }

  /// Whether the relay says that it is well, within 5 seconds.
  func isHealthy() async -> Bool {
    let answer = Answer()
    do {
      let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(.seconds(5))
        .channelInitializer { $0.pipeline.addHandler(answer) }
        .connect(host: "127.0.0.1", port: port).get()
      let timeout = channel.eventLoop.scheduleTask(in: .seconds(5)) { channel.close(promise: nil) }
      let request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
      try await channel.writeAndFlush(ByteBuffer(string: request)).get()
      try? await channel.closeFuture.get()
      timeout.cancel()
      return answer.isGood
    } catch {
      return false
    }
  }

  /// Ends the relay as an operator would.
  ///
  /// - Returns: Whether it ended by itself.
  func stop() async -> Bool {
    process.terminate()
    for _ in 0..<3000 where process.isRunning { try? await Task.sleep(for: .milliseconds(10)) }
    return !process.isRunning && process.terminationStatus == 0
  }

  private final class Answer: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    // Written on the channel's event loop, and read after the channel is closed.
    private(set) var isGood = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if String(buffer: unwrapInboundIn(data)).hasPrefix("HTTP/1.1 200") {
        isGood = true
        context.close(promise: nil)
      }
    }
  }
}

/// Why the soak cannot go on.
struct SoakError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
