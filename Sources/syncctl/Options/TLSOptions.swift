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
    name: .customLong("peer-trust-roots"),
    help: ArgumentHelp(
      "The PEM file with the certificates that those of wss:// and tls:// peers must be signed by. (default: the system's)",
      valueName: "file"))
  var trustRootsFile: String?

  func validate() throws {
    if (certificateFile == nil) != (privateKeyFile == nil) {
      throw ValidationError("--tls-certificate and --tls-key go together")
    }
  }

  /// Who to be on all ports; nil to listen without TLS.
  func identity(logger: Logger) throws -> TLSIdentity? {
    guard let certificateFile, let privateKeyFile else { return nil }
    do {
      return try TLSIdentity(certificateFile: certificateFile, privateKeyFile: privateKeyFile, logger: logger)
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
