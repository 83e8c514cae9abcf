import NIOCore
import NIOSSL

/// What a listener shows to those who connect over TLS: its certificate, and that it has the private key to it.
///
/// The files are read once: restart the process when they are renewed.
public struct TLSIdentity: Sendable {
  private let context: NIOSSLContext

  /// Reads an identity.
  ///
  /// - Parameters:
  ///   - certificateFile: A PEM file with the certificate, and behind it those that lead to a trusted one.
  ///   - privateKeyFile: A PEM file with the certificate's private key, without a passphrase.
  /// - Throws: ``TLSError`` that says which file cannot be used, and what to do.
  public init(certificateFile: String, privateKeyFile: String) throws(TLSError) {
    let certificates = try PEMFile(path: certificateFile).certificates()
    let key = try PEMFile(path: privateKeyFile).privateKey()
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.setBounds()
    do {
      context = try NIOSSLContext(configuration: configuration)
    } catch {
      throw TLSError(.mismatch, path: certificateFile, otherPath: privateKeyFile)
    }
  }

  /// Encrypts a connection that was accepted; any listener can use it.
  ///
  /// To be called on the channel's event loop, before the handlers of what is spoken over TLS are added.
  public func secure(_ channel: any Channel) throws {
    // TLS says itself when one side has no more to send. A bare end of the stream is an attack or a crash, and nothing to
    // wait for.
    try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
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
