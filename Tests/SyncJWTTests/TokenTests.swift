import Foundation
import JWTKit
import SyncJWT
import SyncNode
import TestSupport
import Testing

@Suite("Tokens")
struct TokenTests {
  private let files: KeyFiles
  private var claims = TokenClaims(
    subject: "ada", displayName: "Ada",
    rules: [.init(rooms: "board", access: .comment), .init(rooms: "*", access: .read)],
    expiry: Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + 600).rounded()))

  init() throws { files = try KeyFiles() }

  /// Why a token does not count; nil when it does.
  private func refusal(_ token: String, by authorizer: TokenAuthorizer) async -> String? {
    do {
      _ = try await authorizer.verify(token)
      return nil
    } catch {
      #expect(error.kind == .unauthenticated)
      return error.description
    }
  }

  @Test("A token says who may do what until when", arguments: ["HS256", "ES256", "EdDSA", "RS256"])
  func accepted(algorithm: String) async throws {
    let kind = try algorithm == "HS256" ? files.secret() : files.pair(algorithm)
    let authorizer = try await TokenAuthorizer(keys: kind.source)
    let token = try await kind.makeSigner().sign(claims)
    let read = try await authorizer.verify(token)
    #expect(read.subject == "ada" && read.displayName == "Ada" && read.id == claims.id && read.expiry == claims.expiry)
    let header = try #require(Data(base64Encoded: padded(token.prefix { $0 != "." })))
    #expect(String(decoding: header, as: UTF8.self).contains("\"\(algorithm)\""))
    let grant = try await authorizer.grant(for: request(token))
    #expect(grant.access(in: "board") == .comment && grant.access(in: "x") == .read)
    #expect(grant.subject == "ada" && grant.displayName == "Ada" && grant.expiry == claims.expiry)
  }

  private func padded(_ text: Substring) -> String {
    text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : String($0) }.joined()
      + String(repeating: "=", count: (4 - text.count % 4) % 4)
  }

  private func request(_ token: String?) -> AccessRequest {
    AccessRequest(room: "board", peer: nil, token: token, address: "here")
  }

  @Test("Who shows no token is asked for one")
  func missing() async throws {
    let authorizer = try await TokenAuthorizer(keys: try files.secret().source)
    for token in [nil, ""] {
      await #expect(throws: AccessDenied("show a token", .unauthenticated)) {
        try await authorizer.grant(for: request(token))
      }
    }
  }

  @Test("A token of another key, a changed one, and one without a signature do not count")
  func forged() async throws {
    let untrusted = "the token is not signed by a key that is trusted here"
    for kind in [try files.secret(), try files.pair("ES256"), try files.pair("EdDSA"), try files.pair("RS256")] {
      let authorizer = try await TokenAuthorizer(keys: kind.source)
      let others = [try files.secret("another secret that is as long as it has to be"), try files.pair("ES256")]
      for other in others {
        let token = try await other.makeSigner().sign(claims)
        #expect(await refusal(token, by: authorizer) == untrusted, "\(kind) by \(other)")
      }
      let token = try await kind.makeSigner().sign(claims)
      let parts = token.split(separator: ".")
      var rights = claims
      rights.rules = [.init(rooms: "*", access: .admin)]
      let more = try await others[0].makeSigner().sign(rights).split(separator: ".")
      let none = KeyFiles.urlSafe(Data(#"{"alg":"none","typ":"JWT"}"#.utf8).base64EncodedString())
      for forged in [
        "\(parts[0]).\(more[1]).\(parts[2])", "\(none).\(parts[1]).", "\(none).\(parts[1]).\(parts[2])",
        "\(parts[0]).\(parts[1]).",
      ] {
        #expect(await refusal(forged, by: authorizer) == untrusted, "\(kind): \(forged)")
      }
    }
  }

  @Test("A public key is no secret, whatever a token says of itself", arguments: ["ES256", "EdDSA", "RS256"])
  func keyConfusion(algorithm: String) async throws {
    let kind = try files.pair(algorithm)
    let pem = try String(contentsOfFile: kind.source.path, encoding: .utf8)
    struct Payload: JWTPayload {
      let sub = "eve"
      let rooms = ["*": "admin"]
      let exp = 4_000_000_000
      func verify(using algorithm: some JWTAlgorithm) async throws {}
      enum CodingKeys: CodingKey { case sub, rooms, exp }
    }
    for secret in [pem, pem.trimmingCharacters(in: .newlines)] {
      let keys = JWTKeyCollection()
      await keys.add(hmac: HMACKey(from: Data(secret.utf8)), digestAlgorithm: .sha256)
      let token = try await keys.sign(Payload())
      let authorizer = try await TokenAuthorizer(keys: kind.source)
      #expect(await refusal(token, by: authorizer) == "the token is not signed by a key that is trusted here")
    }
    // Nor does an operator's mistake make it one.
    await #expect(throws: TokenError.self) { try await TokenAuthorizer(keys: .secret(file: kind.source.path)) }
  }

  @Test("A token counts for its time, its service and its maker only")
  func bounds() async throws {
    let kind = try files.secret()
    let plain = try await TokenAuthorizer(keys: kind.source)
    let named = try await TokenAuthorizer(keys: kind.source, audience: "notes", issuer: "accounts")
    let signer = try await kind.makeSigner()
    var other = claims
    other.expiry = Date(timeIntervalSinceNow: -1)
    #expect(await refusal(try await signer.sign(other), by: plain) == "the token has expired")
    other = claims
    other.notBefore = Date(timeIntervalSinceNow: 300)
    #expect(await refusal(try await signer.sign(other), by: plain) == "the token does not count yet")
    other.notBefore = Date(timeIntervalSinceNow: 10)
    #expect(await refusal(try await signer.sign(other), by: plain) == nil, "clocks differ")
    let audience = "the token is for another service"
    other = claims
    other.issuer = "accounts"
    #expect(await refusal(try await signer.sign(other), by: named) == audience)
    other.audiences = ["mail", "notes"]
    #expect(await refusal(try await signer.sign(other), by: named) == nil)
    #expect(await refusal(try await signer.sign(other), by: plain) == audience)
    other.issuer = "somebody"
    #expect(
      await refusal(try await signer.sign(other), by: named)
        == "the token was made by somebody else than is trusted here")
  }

  @Test("What is no token, or says too little, does not count")
  func malformed() async throws {
    let kind = try files.secret()
    let authorizer = try await TokenAuthorizer(keys: kind.source)
    struct Little: JWTPayload {
      let sub: String?
      let rooms: [String: String]?
      let exp: Int?
      func verify(using algorithm: some JWTAlgorithm) async throws {}
    }
    let keys = JWTKeyCollection()
    let secret = try String(contentsOfFile: kind.source.path, encoding: .utf8).trimmingCharacters(in: .newlines)
    await keys.add(hmac: HMACKey(from: Data(secret.utf8)), digestAlgorithm: .sha256)
    for payload in [
      Little(sub: nil, rooms: [:], exp: 4_000_000_000), Little(sub: "a", rooms: nil, exp: 4_000_000_000),
      Little(sub: "a", rooms: [:], exp: nil),
    ] {
      #expect(
        await refusal(try await keys.sign(payload), by: authorizer)
          == "the token cannot be read, or lacks one of sub, rooms and exp")
    }
    let unknown = Little(sub: "a", rooms: ["*": "everything"], exp: 4_000_000_000)
    #expect(await refusal(try await keys.sign(unknown), by: authorizer)?.contains("“everything”") == true)
    for text in ["a", "a.b", "a.b.c", "...", "{}.{}.{}", String(repeating: "a", count: 20_000)] {
      #expect(await refusal(text, by: authorizer) != nil, "\(text.prefix(10))")
    }
  }

  @Test("Keys of a set are told apart by name, and a renewed set holds from then on")
  func keySets() async throws {
    let old = try files.pair("ES256", keyID: "old")
    let new = try files.pair("EdDSA", keyID: "new")
    let source = try files.keySet([("old", old)], in: "keys.json")
    let authorizer = try await TokenAuthorizer(keys: source)
    let oldToken = try await old.makeSigner().sign(claims)
    let newToken = try await new.makeSigner().sign(claims)
    #expect(await refusal(oldToken, by: authorizer) == nil)
    #expect(await refusal(newToken, by: authorizer) != nil)
    #expect(try await !authorizer.reload())
    _ = try files.keySet([("old", old), ("new", new)], in: "keys.json")
    #expect(try await authorizer.reload())
    #expect(await refusal(oldToken, by: authorizer) == nil)
    #expect(await refusal(newToken, by: authorizer) == nil)
    _ = try files.keySet([("new", new)], in: "keys.json")
    #expect(try await authorizer.reload())
    #expect(await refusal(oldToken, by: authorizer) != nil)
    // What cannot be read changes nothing, until it can.
    try files.write("{", to: "keys.json")
    await #expect(throws: TokenError.self) { try await authorizer.reload() }
    #expect(await refusal(newToken, by: authorizer) == nil)
  }

  @Test("A revoked token does not count any more, and those beside it do")
  func revocation() async throws {
    let kind = try files.secret()
    let list = try files.write("# nothing yet\n", to: "revoked.txt")
    let authorizer = try await TokenAuthorizer(keys: kind.source, revocationFile: list)
    let signer = try await kind.makeSigner()
    let token = try await signer.sign(claims)
    var other = claims
    other.id = "other"
    let otherToken = try await signer.sign(other)
    #expect(await refusal(token, by: authorizer) == nil)
    try files.write("\(try #require(claims.id))  # lost\n\n", to: "revoked.txt")
    #expect(try await authorizer.reload())
    #expect(await refusal(token, by: authorizer) == "the token was revoked")
    #expect(await refusal(otherToken, by: authorizer) == nil)
  }

  @Test("Files that are no keys are refused with what is wrong")
  func badFiles() async throws {
    let short = try files.write("too short", to: "short.txt")
    let text = try files.write("no key", to: "text.pem")
    for (source, reason) in [
      (TokenKeySource.secret(file: short), "at least 32 bytes"), (.publicKey(file: text), "no public key"),
      (.keySet(file: text), "no JSON Web Key Set"), (.secret(file: files.path("missing")), "cannot be read"),
      (.keySet(file: try files.write("{\"keys\":[]}", to: "empty.json")), "is empty"),
    ] {
      let error = await #expect(throws: TokenError.self) { try await TokenAuthorizer(keys: source) }
      #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }
    await #expect(throws: TokenError.self) { try await TokenSigner(privateKeyFile: text) }
  }
}
