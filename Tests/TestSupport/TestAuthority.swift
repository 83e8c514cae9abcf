import Foundation

/// A certificate authority that lives as long as the object, made by the program `openssl`.
public final class TestAuthority: Sendable {
  /// A certificate and its private key, each a PEM file.
  public struct Identity: Sendable {
    /// The certificate's file.
    public let certificateFile: String
    /// The key's file, without a passphrase.
    public let privateKeyFile: String
  }

  private let folder: String
  private let root: Identity

  /// The PEM file with the authority's own certificate.
  public var rootFile: String { root.certificateFile }

  /// Makes an authority that nobody trusts but those who are told to.
  public init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "test-authority-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // Nothing of what the system's configuration adds to certificates.
    try Data("[req]\ndistinguished_name=name\n[name]\n".utf8).write(to: URL(filePath: "\(folder)/openssl.cnf"))
    root = TestAuthority.identity("root", in: folder)
    try make(root, ["-subj", "/CN=Test authority", "-addext", "basicConstraints=critical,CA:TRUE"])
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// A certificate for `names`, each like `DNS:localhost` or `IP:127.0.0.1`, that is good for so many days.
  public func issue(_ names: String..., days: Int = 30) throws -> Identity {
    let identity = TestAuthority.identity(UUID().uuidString, in: folder)
    try make(
      identity, days: days,
      [
        "-CA", root.certificateFile, "-CAkey", root.privateKeyFile, "-subj", "/CN=Test server",
        "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=\(names.joined(separator: ","))",
      ])
    return identity
  }

  /// A certificate that was never good for long: it ended yesterday.
  public func issueExpired() throws -> Identity {
    let identity = TestAuthority.identity(UUID().uuidString, in: folder)
    let request = "\(folder)/\(UUID().uuidString).csr"
    try OpenSSL.run(
      ["req", "-config", "\(folder)/openssl.cnf", "-subj", "/CN=Test server", "-out", request] + newKey(of: identity))
    try OpenSSL.run([
      "x509", "-req", "-in", request, "-CA", root.certificateFile, "-CAkey", root.privateKeyFile, "-days", "-1",
      "-out", identity.certificateFile,
    ])
    return identity
  }

  /// Certificates and keys at two paths of a server, to be replaced while it runs.
  public func install(_ identity: Identity, at place: Identity) throws {
    for (source, target) in [
      (identity.certificateFile, place.certificateFile), (identity.privateKeyFile, place.privateKeyFile),
    ] {
      try TestAuthority.replace(target, by: source)
    }
  }

  /// A place for an identity, where there is none yet.
  public func place() -> Identity { TestAuthority.identity(UUID().uuidString, in: folder) }

  /// Replaces a file by a copy of another, as programs do that renew certificates: at once.
  public static func replace(_ target: String, by source: String) throws {
    let new = target + ".new"
    try FileManager.default.copyItem(atPath: source, toPath: new)
    guard rename(new, target) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
  }

  private static func identity(_ name: String, in folder: String) -> Identity {
    Identity(certificateFile: "\(folder)/\(name).pem", privateKeyFile: "\(folder)/\(name).key")
  }

  private func make(_ identity: Identity, days: Int = 30, _ arguments: [String]) throws {
    try OpenSSL.run(
      ["req", "-x509", "-config", "\(folder)/openssl.cnf", "-days", "\(days)", "-out", identity.certificateFile]
        + newKey(of: identity) + arguments)
  }

  private func newKey(of identity: Identity) -> [String] {
    ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", identity.privateKeyFile]
  }
}
