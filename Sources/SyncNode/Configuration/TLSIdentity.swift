import Foundation
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// What one side shows to the other over TLS: its certificate, and that it has the private key to it.
///
/// The files are read again when they have changed: a renewed pair is shown on connections that are made from then on, and
/// those that are open go on. A pair that cannot be used is logged as an error, and the one before stays in use.
public struct TLSIdentity: Sendable {
  /// How long before a certificate's end the operator is warned, once a day.
  private static let warningDays = 14.0

  private struct Server: Sendable {
    /// What connections start from that may come without a certificate.
    let context: NIOSSLContext
    /// What those start from that may not.
    let strictContext: NIOSSLContext
    let expiry: Date
  }

  let certificateFile: String
  let privateKeyFile: String
  /// Whether who connects is asked for a certificate.
  let asksClients: Bool
  private let logger: Logger
  private let server: Reloaded<Server>
  private let warning: ExpiryWarning

  /// Reads an identity.
  ///
  /// - Parameters:
  ///   - certificateFile: A PEM file with the certificate, and behind it those that lead to a trusted one.
  ///   - privateKeyFile: A PEM file with the certificate's private key, without a passphrase.
  ///   - clientRoots: Who must vouch for the certificates of other nodes that connect; nil to ask for none. On a
  ///     ``PeerListener`` nobody connects without. Where clients connect, too, they need none, but a node that shows none is
  ///     refused.
  ///   - logger: Where it is told that the files have changed, or the certificate ends soon.
  /// - Throws: ``TLSError`` that says which file cannot be used, and what to do.
  public init(
    certificateFile: String, privateKeyFile: String, clientRoots: TrustRoots? = nil,
    logger: Logger = Logger(label: "sync-node")
  ) throws(TLSError) {
    try self.init(
      certificateFile: certificateFile, privateKeyFile: privateKeyFile, clientRoots: clientRoots, logger: logger,
      reloadInterval: Reloaded<Server>.defaultInterval)
  }

  /// - Parameter reloadInterval: How long files are not looked at again.
  init(
    certificateFile: String, privateKeyFile: String, clientRoots: TrustRoots? = nil, logger: Logger,
    reloadInterval: Duration
  ) throws(TLSError) {
    self.certificateFile = certificateFile
    self.privateKeyFile = privateKeyFile
    asksClients = clientRoots != nil
    self.logger = logger
    let paths = [certificateFile, privateKeyFile] + (clientRoots?.paths ?? [])
    server = try Reloaded(paths, every: reloadInterval) { () throws(TLSError) in
      let pair = try KeyPair(certificateFile: certificateFile, privateKeyFile: privateKeyFile)
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: pair.certificateChain, privateKey: pair.privateKey)
      guard let clientRoots else {
        let context = try pair.context(configuration)
        return Server(context: context, strictContext: context, expiry: pair.expiry)
      }
      configuration.trustRoots = try clientRoots.roots()
      configuration.certificateVerification = .optionalVerification
      let context = try pair.context(configuration)
      configuration.certificateVerification = .noHostnameVerification
      return Server(context: context, strictContext: try pair.context(configuration), expiry: pair.expiry)
    }
    warning = ExpiryWarning(days: TLSIdentity.warningDays)
    warning.check(server.current { _ in }.expiry, of: certificateFile, logger)
  }

  /// When the certificate ends that is shown now. May read the files.
  public var certificateExpiry: Date { current().expiry }

  private func current() -> Server {
    let server = server.current { change in
      switch change {
      case .success: logger.info("the certificate has changed", metadata: ["file": "\(certificateFile)"])
      case .failure(let error):
        logger.error("a new certificate cannot be used, the one before stays", metadata: ["error": "\(error)"])
      }
    }
    warning.check(server.expiry, of: certificateFile, logger)
    return server
  }

  /// Encrypts a connection that was accepted; any listener can use it.
  ///
  /// To be called on the channel's event loop, before the handlers of what is spoken over TLS are added.
  public func secure(_ channel: any Channel) throws { try secure(channel, requiresClientCertificate: false) }

  /// - Parameter requiresClientCertificate: Whether nobody gets in without one, if they are asked for.
  func secure(_ channel: any Channel, requiresClientCertificate: Bool) throws {
    // TLS says itself when one side has no more to send. A bare end of the stream is an attack or a crash, and nothing to
    // wait for.
    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
    let server = current()
    let handler = NIOSSLServerHandler(context: requiresClientCertificate ? server.strictContext : server.context)
    try channel.pipeline.syncOperations.addHandler(handler)
    if asksClients { try channel.pipeline.syncOperations.addHandler(ClientCertificateHandler(handler)) }
  }
}

/// A certificate, those that lead to a trusted one, and its private key.
struct KeyPair {
  let certificateChain: [NIOSSLCertificateSource]
  let privateKey: NIOSSLPrivateKeySource
  /// When the certificate ends.
  let expiry: Date
  private let certificateFile: String
  private let privateKeyFile: String

  init(certificateFile: String, privateKeyFile: String) throws(TLSError) {
    let certificates = try PEMFile(path: certificateFile).certificates()
    certificateChain = certificates.map { .certificate($0) }
    privateKey = .privateKey(try PEMFile(path: privateKeyFile).privateKey())
    expiry = Date(timeIntervalSince1970: TimeInterval(certificates[0].notValidAfter))
    self.certificateFile = certificateFile
    self.privateKeyFile = privateKeyFile
  }

  /// What connections start from that show this pair.
  func context(_ configuration: TLSConfiguration) throws(TLSError) -> NIOSSLContext {
    var configuration = configuration
    configuration.setBounds()
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw TLSError(.mismatch, path: certificateFile, otherPath: privateKeyFile)
    }
  }
}

/// Warns of a certificate's end, once a day.
private final class ExpiryWarning: Sendable {
  private let days: Double
  private let warnedAt = Mutex(Date.distantPast)

  init(days: Double) { self.days = days }

  func check(_ expiry: Date, of file: String, _ logger: Logger) {
    let day = 86_400.0
    guard expiry.timeIntervalSinceNow < days * day else { return }
    let isDue = warnedAt.withLock { warnedAt in
      guard warnedAt.timeIntervalSinceNow < -day else { return false }
      warnedAt = Date()
      return true
    }
    guard isDue else { return }
    logger.warning("the certificate ends soon", metadata: ["file": "\(file)", "ends": "\(expiry.formatted(.iso8601))"])
  }
}

extension TLSConfiguration {
  /// What holds for both sides.
  mutating func setBounds() {
    minimumTLSVersion = .tlsv12
    // The protocols above end conversations by messages of their own; this is only to let the last bytes arrive.
    shutdownTimeout = .seconds(1)
  }
}
