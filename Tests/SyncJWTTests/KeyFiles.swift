import Foundation
import JWTKit
import SyncJWT
import TestSupport
import Testing

/// Keys of all kinds, each in a file of a folder that goes with the object.
final class KeyFiles: Sendable {
  /// A way to sign tokens and to check them.
  struct Kind: Sendable, CustomStringConvertible {
    let description: String
    let source: TokenKeySource
    let makeSigner: @Sendable () async throws -> TokenSigner
  }

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appending(path: name).path }

  @discardableResult
  func write(_ content: String, to name: String) throws -> String {
    try Data(content.utf8).write(to: folder.appending(path: name), options: .atomic)
    return path(name)
  }

  func read(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  /// HS256.
  func secret(_ text: String = String(repeating: "secret-", count: 6)) throws -> Kind {
    let path = try write(text + "\n", to: "secret-\(UUID().uuidString).txt")
    return Kind(description: "HS256", source: .secret(file: path)) { try await TokenSigner(secretFile: path) }
  }

  /// A pair of keys: `ES256`, `EdDSA` or `RS256`.
  func pair(_ algorithm: String, keyID: String? = nil) throws -> Kind {
    let name = UUID().uuidString
    let (key, publicKey) = (path("\(name).key"), path("\(name).pem"))
    let options =
      switch algorithm {
      case "ES256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
      case "EdDSA": ["-algorithm", "ED25519"]
      default: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
      }
    try OpenSSL.run(["genpkey"] + options + ["-out", key])
    try OpenSSL.run(["pkey", "-in", key, "-pubout", "-out", publicKey])
    return Kind(description: algorithm, source: .publicKey(file: publicKey)) {
      try await TokenSigner(privateKeyFile: key, keyID: keyID)
    }
  }

  /// The public keys of pairs, each by a name, as a JSON Web Key Set.
  func keySet(_ pairs: [(name: String, kind: Kind)], in file: String) throws -> TokenKeySource {
    let keys: [[String: String]] = try pairs.map { pair -> [String: String] in
      let pem = try String(contentsOfFile: pair.kind.source.path, encoding: .utf8)
      if pair.kind.description == "EdDSA" {
        let x = try EdDSA.PublicKey(pem: pem).rawRepresentation.base64EncodedString()
        return ["kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": pair.name, "x": KeyFiles.urlSafe(x)]
      }
      let (x, y) = try #require(try ES256PublicKey(pem: pem).parameters)
      return [
        "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": pair.name, "x": KeyFiles.urlSafe(x),
        "y": KeyFiles.urlSafe(y),
      ]
    }
    let json: Data = try JSONEncoder().encode(["keys": keys])
    return .keySet(file: try write(String(decoding: json, as: UTF8.self), to: file))
  }

  /// Base64 as it is in tokens (RFC 4648, section 5).
  static func urlSafe(_ base64: String) -> String {
    String(base64.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }.filter { $0 != "=" })
  }
}
