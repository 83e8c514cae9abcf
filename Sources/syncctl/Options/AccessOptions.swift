import ArgumentParser
import Logging
import SyncJWT
import SyncNode

/// Whose tokens are taken.
struct AccessOptions: ParsableArguments {
  @OptionGroup var keys: TokenKeyOptions

  @Option(
    name: .customLong("jwt-private-key"),
    help: ArgumentHelp(
      "Make tokens for administrators (POST /api/tokens) with the private key in this file, in PEM form. (default: with --jwt-secret)",
      valueName: "file"))
  var privateKeyFile: String?

  @Option(
    name: .customLong("jwt-key-id"),
    help: ArgumentHelp("Which key of --jwt-key-set that private key belongs to (kid).", valueName: "name"))
  var keyID: String?

  @Option(
    name: .customLong("jwt-revoked"),
    help: ArgumentHelp(
      "The file with the identifiers (jti) of tokens that count no more, one a line. It is read anew when it changes.",
      valueName: "file"))
  var revocationFile: String?

  func validate() throws {
    if privateKeyFile != nil, keys.publicKeyFile == nil, keys.keySetFile == nil {
      throw ValidationError("--jwt-private-key goes with --jwt-public-key or --jwt-key-set, by which its tokens count")
    }
    if keyID != nil, privateKeyFile == nil { throw ValidationError("--jwt-key-id names a --jwt-private-key") }
    if revocationFile != nil, keys.source == nil {
      throw ValidationError("--jwt-revoked needs keys: --jwt-secret, --jwt-public-key or --jwt-key-set")
    }
  }

  /// Who makes tokens over HTTP; nil when there is no key to sign with.
  ///
  /// - Throws: ``Failure`` when the key cannot be used.
  func tokenIssuer() async throws -> TokenMint? {
    do {
      if let privateKeyFile {
        let signer = try await TokenSigner(privateKeyFile: privateKeyFile, keyID: keyID)
        return TokenMint(signer, audience: keys.audience, issuer: keys.issuer)
      }
      guard let secretFile = keys.secretFile else { return nil }
      return TokenMint(
        try await TokenSigner(secretFile: secretFile), audience: keys.audience, issuer: keys.issuer)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }

  /// Who decides who may do what; nil when everybody may do everything.
  func authorizer() async throws -> TokenAuthorizer? {
    try await keys.authorizer(revocationFile: revocationFile)
  }
}

/// What tokens are checked with.
struct TokenKeyOptions: ParsableArguments {
  @Option(
    name: .customLong("jwt-secret"),
    help: ArgumentHelp(
      "Let in who has a JSON Web Token by the secret in this file, of at least 32 bytes (HS256).", valueName: "file"))
  var secretFile: String?

  @Option(
    name: .customLong("jwt-public-key"),
    help: ArgumentHelp(
      "Let in who has a token by the private key to this public one, in PEM form (ES256, EdDSA or RS256).",
      valueName: "file"))
  var publicKeyFile: String?

  @Option(
    name: .customLong("jwt-key-set"),
    help: ArgumentHelp(
      "Let in who has a token by one of the keys in this JSON Web Key Set. Keys are read anew when their file changes.",
      valueName: "file"))
  var keySetFile: String?

  @Option(
    name: .customLong("jwt-audience"),
    help: ArgumentHelp(
      "What tokens must name as the service they are for (aud). (default: they must name none)", valueName: "name"))
  var audience: String?

  @Option(
    name: .customLong("jwt-issuer"),
    help: ArgumentHelp("Who must have made the tokens (iss). (default: anybody with the key)", valueName: "name"))
  var issuer: String?

  var source: TokenKeySource? {
    secretFile.map { .secret(file: $0) } ?? publicKeyFile.map { .publicKey(file: $0) }
      ?? keySetFile.map { .keySet(file: $0) }
  }

  func validate() throws {
    let files = [secretFile, publicKeyFile, keySetFile].compactMap(\.self)
    if files.count > 1 {
      throw ValidationError("--jwt-secret, --jwt-public-key and --jwt-key-set exclude each other")
    }
    if files.isEmpty, audience != nil || issuer != nil {
      throw ValidationError(
        "--jwt-audience and --jwt-issuer need keys: --jwt-secret, --jwt-public-key or --jwt-key-set")
    }
  }

  /// Checks tokens by the keys; nil when none were given.
  func authorizer(revocationFile: String?) async throws -> TokenAuthorizer? {
    guard let source else { return nil }
    do {
      return try await TokenAuthorizer(
        keys: source, revocationFile: revocationFile, audience: audience, issuer: issuer)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }
}
