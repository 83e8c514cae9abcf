import NIOSSL

/// The certificates that others' certificates must be signed by, over any number of steps.
public struct TrustRoots: Equatable, Sendable {
  private enum Source: Equatable {
    case system
    case file(String)
  }

  /// Those that the operating system trusts. They are read once.
  public static let system = TrustRoots(source: .system)

  private let source: Source

  /// All that trust the system share one: reading its files takes a while.
  private static let systemContext = Result { () throws(TLSError) in try makeContext(.default) }

  private init(source: Source) { self.source = source }

  /// Trusts the certificates in a PEM file, and no others. The file is read again for connections that are made after it
  /// has changed.
  ///
  /// - Throws: ``TLSError`` that says what to do when the file cannot be used.
  public static func file(_ path: String) throws(TLSError) -> TrustRoots {
    _ = try PEMFile(path: path).certificates()
    return TrustRoots(source: .file(path))
  }

  /// The files to be looked at for changes.
  var paths: [String] {
    switch source {
    case .system: []
    case .file(let path): [path]
    }
  }

  /// Reads them.
  func roots() throws(TLSError) -> NIOSSLTrustRoots {
    switch source {
    case .system: .default
    case .file(let path): .certificates(try PEMFile(path: path).certificates())
    }
  }

  /// What connections to those that these roots vouch for start from. May read files.
  ///
  /// - Parameter pair: What is shown to those who ask for a certificate.
  func context(showing pair: KeyPair? = nil) throws(TLSError) -> NIOSSLContext {
    if source == .system, pair == nil { return try TrustRoots.systemContext.get() }
    return try TrustRoots.makeContext(try roots(), showing: pair)
  }

  private static func makeContext(
    _ roots: NIOSSLTrustRoots, showing pair: KeyPair? = nil
  ) throws(TLSError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.setBounds()
    configuration.certificateVerification = .fullVerification
    configuration.trustRoots = roots
    if let pair {
      configuration.certificateChain = pair.certificateChain
      configuration.privateKey = pair.privateKey
      return try pair.context(configuration)
    }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw TLSError(.noSystemRoots)
    }
  }
}
