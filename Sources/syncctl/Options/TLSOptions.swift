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

  func validate() throws {
    if (certificateFile == nil) != (privateKeyFile == nil) {
      throw ValidationError("--tls-certificate and --tls-key go together")
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
}
