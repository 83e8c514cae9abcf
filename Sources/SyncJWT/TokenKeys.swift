import Foundation
import JWTKit

/// Where the keys are that tokens are checked with.
public enum TokenKeySource: Equatable, Sendable {
  /// A file with a secret of at least 32 bytes, shared with whoever makes tokens (HS256). White space around it is not
  /// part of it.
  case secret(file: String)
  /// A PEM file with one public key: of the curve P-256 (ES256), Ed25519 (EdDSA), or RSA of at least 2,048 bits (RS256).
  case publicKey(file: String)
  /// A JSON Web Key Set (RFC 7517) with public keys, each with a `kid`.
  case keySet(file: String)

  /// The file.
  public var path: String {
    switch self {
    case .secret(let path), .publicKey(let path), .keySet(let path): path
    }
  }

  /// Reads the keys.
  func load() async throws(TokenError) -> JWTKeyCollection {
    let content = try TokenFile.read(path)
    let keys = JWTKeyCollection()
    switch self {
    case .secret:
      await keys.add(hmac: try TokenFile.secret(content, path), digestAlgorithm: .sha256)
    case .publicKey:
      if let key = try? ES256PublicKey(pem: content) {
        await keys.add(ecdsa: key)
      } else if let key = try? EdDSA.PublicKey(pem: content) {
        await keys.add(eddsa: key)
      } else if let key = try? Insecure.RSA.PublicKey(pem: content) {
        await keys.add(rsa: key, digestAlgorithm: .sha256)
      } else {
        throw TokenError(path: path, reason: "there is no public key for ES256, EdDSA or RS256 in it, in PEM form")
      }
    case .keySet:
      do {
        let set = try JSONDecoder().decode(JWKS.self, from: Data(content.utf8))
        guard !set.keys.isEmpty else { throw TokenError(path: path, reason: "the key set is empty") }
        for key in set.keys { try await keys.add(jwk: key) }
      } catch let error as TokenError {
        throw error
      } catch {
        throw TokenError(path: path, reason: "this is no JSON Web Key Set of RSA, EC or OKP keys with a kid (\(error))")
      }
    }
    return keys
  }
}

/// What a tokens' maker signs with.
public struct TokenSigner: Sendable {
  private let keys: JWTKeyCollection
  private let keyID: JWKIdentifier?

  /// Signs with a shared secret (HS256).
  ///
  /// - Throws: When the file cannot be read, or the secret is too short.
  public init(secretFile: String) async throws(TokenError) {
    keys = JWTKeyCollection()
    keyID = nil
    let secret = try TokenFile.secret(try TokenFile.read(secretFile), secretFile)
    await keys.add(hmac: secret, digestAlgorithm: .sha256)
  }

  /// Signs with a private key: of the curve P-256 (ES256), Ed25519 (EdDSA), or RSA of at least 2,048 bits (RS256).
  ///
  /// - Parameters:
  ///   - privateKeyFile: A PEM file, without a passphrase.
  ///   - keyID: Which key of a set it is: the `kid` in the tokens' header.
  /// - Throws: When the file cannot be read, or holds no such key.
  public init(privateKeyFile: String, keyID: String? = nil) async throws(TokenError) {
    keys = JWTKeyCollection()
    self.keyID = keyID.map { JWKIdentifier(string: $0) }
    let content = try TokenFile.read(privateKeyFile)
    if let key = try? ES256PrivateKey(pem: content) {
      await keys.add(ecdsa: key, kid: self.keyID)
    } else if let key = try? EdDSA.PrivateKey(pem: content) {
      await keys.add(eddsa: key, kid: self.keyID)
    } else if let key = try? Insecure.RSA.PrivateKey(pem: content) {
      await keys.add(rsa: key, digestAlgorithm: .sha256, kid: self.keyID)
    } else {
      throw TokenError(
        path: privateKeyFile, reason: "there is no private key for ES256, EdDSA or RS256 in it, in PEM form")
    }
  }

  /// The token with these claims.
  public func sign(_ claims: TokenClaims) async throws -> String {
    try await keys.sign(TokenPayload(claims), kid: keyID)
  }
}

/// Reads what keys are made from.
enum TokenFile {
  /// What RFC 7518 asks of a secret for HS256.
  private static let secretBytesMin = 32

  static func read(_ path: String) throws(TokenError) -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw TokenError(path: path, reason: "it cannot be read (\(error.localizedDescription))")
    }
  }

  /// A secret, which must not be a key that others may know.
  static func secret(_ content: String, _ path: String) throws(TokenError) -> HMACKey {
    let secret = content.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !secret.hasPrefix("-----BEGIN") else {
      throw TokenError(path: path, reason: "it holds a key in PEM form, which is no secret: give it as a key")
    }
    guard secret.utf8.count >= secretBytesMin else {
      throw TokenError(
        path: path, reason: "a secret has at least \(secretBytesMin) bytes: make one by openssl rand -hex 32")
    }
    return HMACKey(from: Data(secret.utf8))
  }
}
