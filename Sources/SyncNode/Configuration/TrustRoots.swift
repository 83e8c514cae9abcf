import NIOSSL

/// The certificates that others' certificates must be signed by, over any number of steps. They are read once.
public struct TrustRoots: Equatable, Sendable {
  /// Those that the operating system trusts.
  public static let system = TrustRoots(source: .system)

  private enum Source {
    case system
    case certificates([NIOSSLCertificate], NIOSSLContext)
  }

  private let source: Source

  /// All that trust the system share one: reading its files takes a while.
  private static let systemContext = Result { () throws(TLSError) in try makeContext(.default) }

  private init(source: Source) { self.source = source }

  /// Trusts the certificates in a PEM file, and no others.
  ///
  /// - Throws: ``TLSError`` that says what to do when the file cannot be used.
  public static func file(_ path: String) throws(TLSError) -> TrustRoots {
    let certificates = try PEMFile(path: path).certificates()
    return TrustRoots(source: .certificates(certificates, try makeContext(.certificates(certificates))))
  }

  /// What connections to those that these roots vouch for start from. May read files.
  func context() throws(TLSError) -> NIOSSLContext {
    switch source {
    case .system: try TrustRoots.systemContext.get()
    case .certificates(_, let context): context
    }
  }

  private static func makeContext(_ roots: NIOSSLTrustRoots) throws(TLSError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.setBounds()
    configuration.certificateVerification = .fullVerification
    configuration.trustRoots = roots
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw TLSError(.noSystemRoots)
    }
  }

  /// Whether both trust the same certificates.
  public static func == (left: TrustRoots, right: TrustRoots) -> Bool {
    switch (left.source, right.source) {
    case (.system, .system): true
    case (.certificates(let left, _), .certificates(let right, _)): left == right
    default: false
    }
  }
}
