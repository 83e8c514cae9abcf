import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// Makes connections to a server, over TLS where its address says so.
struct SocketConnector {
  /// How long a connection may take to be made, and then how long until both sides have agreed on how to talk.
  private static let connectTimeout = TimeAmount.seconds(10)

  private let address: PeerAddress
  /// What connections over TLS start from, or why there are none; nil for connections without it.
  private let tls: Result<Reloaded<NIOSSLContext>, TLSError>?

  /// May read the system's files.
  ///
  /// - Parameters:
  ///   - address: Where the server listens.
  ///   - trustRoots: Who must vouch for its certificate.
  ///   - identity: What to show when it asks for a certificate.
  ///   - reloadInterval: How long files are not looked at again.
  init(
    to address: PeerAddress, trustRoots: TrustRoots, identity: TLSIdentity? = nil,
    reloadInterval: Duration = Reloaded<NIOSSLContext>.defaultInterval
  ) {
    self.address = address
    guard address.isEncrypted else {
      tls = nil
      return
    }
    let paths = trustRoots.paths + (identity.map { [$0.certificateFile, $0.privateKeyFile] } ?? [])
    tls = Result { () throws(TLSError) in
      try Reloaded(paths, every: reloadInterval) { () throws(TLSError) in
        guard let identity else { return try trustRoots.context() }
        let pair = try KeyPair(certificateFile: identity.certificateFile, privateKeyFile: identity.privateKeyFile)
        return try trustRoots.context(showing: pair)
      }
    }
  }

  /// Connects, and closes the connection again unless `talk` succeeds in time.
  ///
  /// - Parameter failure: Notes what goes wrong with TLS.
  func connect<Result: Sendable>(
    on eventLoop: any EventLoop, _ logger: Logger, _ failure: TLSFailure,
    talk: @escaping @Sendable (any Channel) -> EventLoopFuture<Result>
  ) -> EventLoopFuture<Result> {
    // Handlers are added once there is a connection: a name may have several addresses, and each is tried on a channel of
    // its own. A server says nothing before it is spoken to.
    ClientBootstrap(group: eventLoop).connectTimeout(SocketConnector.connectTimeout)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
      .connect(host: address.host, port: address.port)
      .flatMapErrorThrowing { throw DialError(connecting: $0, to: address.host) }
      .flatMap { channel in
        // A server that does not answer must not hold the connection for ever.
        let timeout = eventLoop.scheduleTask(in: SocketConnector.connectTimeout) { channel.close(promise: nil) }
        return secure(channel, logger, failure)
          .flatMap { talk(channel) }
          .always { result in
            timeout.cancel()
            if case .failure = result { channel.close(promise: nil) }
          }
      }
  }

  private func secure(_ channel: any Channel, _ logger: Logger, _ failure: TLSFailure) -> EventLoopFuture<Void> {
    switch tls {
    case nil: return channel.eventLoop.makeSucceededVoidFuture()
    case .failure(let error): return channel.eventLoop.makeFailedFuture(error)
    case .success(let contexts):
      let context = contexts.current { change in
        guard case .failure(let error) = change else { return }
        logger.error("new files for TLS cannot be used, those before stay", metadata: ["error": "\(error)"])
      }
      return TLSClient(context: context, host: address.host).secure(channel, noting: failure)
    }
  }

  /// Asks a server for a WebSocket. To be called on the channel's event loop.
  ///
  /// - Parameters:
  ///   - maxFrameSize: The most bytes that a frame may have.
  ///   - upgraded: Adds handlers of frames. What they send at once gets lost: NIO is not done with the upgrade.
  static func upgrade<Result: Sendable>(
    _ channel: any Channel, to address: PeerAddress, maxFrameSize: Int,
    upgraded: @escaping @Sendable (any Channel) -> EventLoopFuture<Result>
  ) throws -> EventLoopFuture<Result> {
    let upgrader = NIOTypedWebSocketClientUpgrader<Result>(
      maxFrameSize: maxFrameSize,
      upgradePipelineHandler: { channel, _ in
        channel.pipeline.syncOperations.replaceFrameDecoder(maxFrameSize: maxFrameSize).flatMap { upgraded(channel) }
      })
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.path)
    let host = address.host.contains(":") ? "[\(address.host)]" : address.host
    head.headers.add(name: "Host", value: "\(host):\(address.port)")
    head.headers.add(name: "Content-Length", value: "0")
    let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Result>(
      upgradeRequestHead: head, upgraders: [upgrader],
      notUpgradingCompletionHandler: { channel in
        channel.eventLoop.makeFailedFuture(DialError(description: "the server at \(address) is no relay"))
      })
    var configuration = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade)
    // The other side's first frames may come in one packet with its answer.
    configuration.leftOverBytesStrategy = .forwardBytes
    return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: configuration)
  }
}

/// Why a server cannot be talked to.
package struct DialError: Error, CustomStringConvertible {
  package let description: String

  init(description: String) { self.description = description }

  /// Why there is no connection to `host`: what the system says of the first address, since the others mostly fail the same.
  package init(connecting error: any Error, to host: String) {
    description =
      switch error {
      case let error as NIOConnectionError:
        if let failure = error.connectionErrors.first {
          DialError(connecting: failure.error, to: host).description
        } else {
          "the name \(error.host) has no address"
        }
      case let error as IOError: String(cString: strerror(error.errnoCode))
      case ChannelError.connectTimeout: "nothing answers there"
      case is ChannelError: "the server ended the connection"
      case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: DialError(tls: error, host: host).description
      default: "\(error)"
      }
  }
}
