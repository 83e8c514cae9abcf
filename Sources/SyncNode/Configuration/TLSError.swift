/// Why certificates or keys for TLS cannot be used.
public struct TLSError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The reason, as an open set: cases can be added.
  public struct Code: Equatable, Sendable {
    private enum Reason {
      case missing, unreadable, noCertificate, noPrivateKey, mismatch, noSystemRoots
    }
    private let reason: Reason

    /// There is no file at the path.
    public static let missing = Code(reason: .missing)
    /// The file cannot be read by this user.
    public static let unreadable = Code(reason: .unreadable)
    /// The file holds no certificates in PEM.
    public static let noCertificate = Code(reason: .noCertificate)
    /// The file holds no private key in PEM that can be read without a passphrase.
    public static let noPrivateKey = Code(reason: .noPrivateKey)
    /// The private key is not that of the first certificate.
    public static let mismatch = Code(reason: .mismatch)
    /// The system has no certificates that it trusts.
    public static let noSystemRoots = Code(reason: .noSystemRoots)
  }

  /// What is wrong.
  public let code: Code
  /// One line: what happened, to which file, and what to do next.
  public let description: String

  init(_ code: Code, path: String = "", otherPath: String = "") {
    self.code = code
    description =
      switch code {
      case .missing: "no file at \(path): name one that exists"
      case .unreadable: "cannot read \(path): check that it is a file that you may read"
      case .noCertificate: "no certificate in \(path): name a PEM file (-----BEGIN CERTIFICATE-----)"
      case .noPrivateKey:
        "no private key in \(path): name a PEM file (-----BEGIN PRIVATE KEY-----) that is not encrypted"
      case .mismatch:
        "the private key in \(otherPath) is not that of the first certificate in \(path): name two that belong together"
      default: "this system has no certificates that it trusts: install ca-certificates, or name a file of trust roots"
      }
  }
}
