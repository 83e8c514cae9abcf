import ArgumentParser
import Logging
import SyncNode

/// Who a relay is over TLS, and whom it trusts.
struct TLSOptions: ParsableArguments {
  @Option(
    name: .customLong("tls-certificate"),
    help: ArgumentHelp(
      "Speak TLS, with the certificate in this PEM file, and behind it those that lead to a trusted one.",
      valueName: "file"))
  var certificateFile: String?

  @Option(
    name: .customLong("tls-key"),
    help: ArgumentHelp("The PEM file with the certificate's private key, without a passphrase.", valueName: "file"))
  var privateKeyFile: String?

  @Option(
    name: .customLong("tls-client-roots"),
    help: ArgumentHelp(
      "Let only relays in whose certificates are signed by those in this PEM file. Clients need none.",
      valueName: "file"))
  var clientRootsFile: String?

  @Option(
    name: .customLong("peer-certificate"),
    help: ArgumentHelp(
      "The PEM file with the certificate to show to peers that ask for one. (default: that of --tls-certificate)",
      valueName: "file"))
  var peerCertificateFile: String?

  @Option(
    name: .customLong("peer-key"),
    help: ArgumentHelp("The PEM file with its private key, without a passphrase.", valueName: "file"))
  var peerKeyFile: String?

  @Option(
    name: .customLong("peer-trust-roots"),
    help: ArgumentHelp(
      "The PEM file with the certificates that those of wss:// and tls:// peers must be signed by. (default: the system's)",
      valueName: "file"))
  var trustRootsFile: String?

  func validate() throws {
    if (certificateFile == nil) != (privateKeyFile == nil) {
      throw ValidationError("--tls-certificate and --tls-key go together")
    }
    if (peerCertificateFile == nil) != (peerKeyFile == nil) {
      throw ValidationError("--peer-certificate and --peer-key go together")
    }
    if clientRootsFile != nil, certificateFile == nil {
      throw ValidationError("--tls-client-roots needs --tls-certificate and --tls-key")
    }
  }

  /// Who to be on all ports; nil to listen without TLS.
  func identity(logger: Logger) throws -> TLSIdentity? {
    guard let certificateFile, let privateKeyFile else { return nil }
    do {
      return try TLSIdentity(
        certificateFile: certificateFile, privateKeyFile: privateKeyFile,
        clientRoots: try clientRootsFile.map { path throws(TLSError) in try .file(path) }, logger: logger)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }

  /// What to show to peers; nil when there is nothing.
  ///
  /// - Parameter identity: Who the relay is on its own ports.
  func peerIdentity(_ identity: TLSIdentity?, logger: Logger) throws -> TLSIdentity? {
    guard let peerCertificateFile, let peerKeyFile else { return identity }
    do {
      return try TLSIdentity(certificateFile: peerCertificateFile, privateKeyFile: peerKeyFile, logger: logger)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }

  /// Who must vouch for the certificates of peers.
  func trustRoots() throws -> TrustRoots {
    guard let trustRootsFile else { return .system }
    do {
      return try .file(trustRootsFile)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }
}
