import ArgumentParser
import Foundation
import SyncJWT
import SyncNode

/// Makes and checks the tokens that a relay lets clients and other relays in by.
struct Token: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make or check the tokens that clients and other relays show.",
    discussion: """
      A token is a JSON Web Token that says who somebody is (sub, name), what may be done in which rooms (rooms) and until
      when (exp). It is signed by a key that the relay knows: see `syncctl serve --jwt-secret` and the like.
      """,
    subcommands: [MintToken.self, VerifyToken.self])
}

/// Makes a token.
struct MintToken: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mint",
    abstract: "Make a token, and print it.",
    discussion: """
      For example, a token with which Ada writes in her projects and comments on the board, for a day:
        syncctl token mint --secret secret.txt --subject ada --room 'project:*=write' --room board=comment --lifetime 24h
      Levels: read (see everything), comment (be seen, send messages to the application), write, admin (recreate
      documents; with '*', see the node's status). Relays that are to pass on everything need '*=admin'.
      """)

  @Option(help: ArgumentHelp("The file with the secret to sign with (HS256).", valueName: "file"))
  var secret: String?

  @Option(
    help: ArgumentHelp("The PEM file with the private key to sign with (ES256, EdDSA or RS256).", valueName: "file"))
  var privateKey: String?

  @Option(help: ArgumentHelp("Which key of a key set the private key is (kid).", valueName: "name"))
  var keyID: String?

  @Option(help: "Who the token is for, always the same for the same person (sub).")
  var subject: String

  @Option(help: "What others may be shown as its name (name).")
  var name: String?

  @Option(
    name: .customLong("room"),
    help: ArgumentHelp(
      "What may be done in rooms whose names match, with * for anything: read, comment, write or admin. May be repeated.",
      valueName: "pattern=level"))
  var rules: [RuleArgument]

  @Option(help: ArgumentHelp("For how long the token counts: 30s, 15m, 24h or 90d.", valueName: "time"))
  var lifetime: Lifetime

  @Option(help: "The service the token is for (aud), if the relay asks for one.")
  var audience: String?

  @Option(help: "Who makes the token (iss), if the relay asks for it.")
  var issuer: String?

  @Option(name: .customLong("id"), help: "What the token is revoked by (jti). (default: a random one)")
  var id: String?

  func validate() throws {
    if (secret == nil) == (privateKey == nil) {
      throw ValidationError("a token is signed by either --secret or --private-key")
    }
    if keyID != nil, privateKey == nil { throw ValidationError("--key-id names a --private-key") }
    if rules.isEmpty { throw ValidationError("a token without --room is good for nothing") }
  }

  func run() async throws {
    var claims = TokenClaims(
      subject: subject, displayName: name, rules: rules.map(\.rule),
      expiry: Date(timeIntervalSinceNow: lifetime.seconds))
    if let audience { claims.audiences = [audience] }
    if let id { claims.id = id }
    claims.issuer = issuer
    Output.line(try await signer().sign(claims))
  }

  private func signer() async throws -> TokenSigner {
    do {
      if let secret { return try await TokenSigner(secretFile: secret) }
      return try await TokenSigner(privateKeyFile: privateKey ?? "", keyID: keyID)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }
}

/// Checks a token.
struct VerifyToken: AsyncParsableCommand, ColoringCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a token as a relay does, and print what it says.",
    discussion: """
      Takes the options that the relay runs with, so that the answer is the relay's. Exit code 1 with the reason when the
      token does not count.
      """)

  @Argument(help: "The token; - reads it from stdin.")
  var token: String

  @OptionGroup var access: AccessOptions
  @OptionGroup var coloring: ColorOptions

  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if access.keys.source == nil {
      throw ValidationError("a token is checked with --jwt-secret, --jwt-public-key or --jwt-key-set")
    }
  }

  func run() async throws {
    guard let authorizer = try await access.authorizer() else { return }
    let text = token == "-" ? readLine() ?? "" : token
    let claims: TokenClaims
    do {
      claims = try await authorizer.verify(text.trimmingCharacters(in: .whitespacesAndNewlines))
    } catch {
      throw Failure(.check, "\(error)")
    }
    if json { return try Output.json(Claims(claims)) }
    var rows = [["subject", Output.printable(claims.subject)]]
    if let name = claims.displayName { rows.append(["name", Output.printable(name)]) }
    rows += claims.rules.map { ["room", Output.printable("\($0.rooms)=\($0.access.claim)")] }
    rows.append(["expires", claims.expiry.ISO8601Format()])
    if let id = claims.id { rows.append(["id", Output.printable(id)]) }
    if let issuer = claims.issuer { rows.append(["issuer", Output.printable(issuer)]) }
    rows += claims.audiences.map { ["audience", Output.printable($0)] }
    Output.table(["CLAIM", "VALUE"], rows, numbers: [])
  }

  /// Claims as they stand in a token.
  private struct Claims: Encodable {
    let sub: String
    let name: String?
    let rooms: [String: String]
    let exp: Int
    let jti: String?
    let iss: String?
    let aud: [String]

    init(_ claims: TokenClaims) {
      sub = claims.subject
      name = claims.displayName
      rooms = Dictionary(claims.rules.map { ($0.rooms, $0.access.claim) }) { first, _ in first }
      exp = Int(claims.expiry.timeIntervalSince1970)
      jti = claims.id
      iss = claims.issuer
      aud = claims.audiences
    }
  }
}

/// A pattern and a level, as in `project:*=write`.
struct RuleArgument: ExpressibleByArgument {
  let rule: Grant.Rule

  init?(argument: String) {
    guard let separator = argument.lastIndex(of: "="), separator > argument.startIndex,
      let access = Access(claim: String(argument[argument.index(after: separator)...]))
    else { return nil }
    rule = Grant.Rule(rooms: String(argument[..<separator]), access: access)
  }
}

/// A time span, as in `24h`.
struct Lifetime: ExpressibleByArgument {
  /// Its length.
  let seconds: Double

  init?(argument: String) {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let unit = argument.last.flatMap({ units[$0] }), let count = Int(argument.dropLast()), count > 0,
      count <= 36_500 * 86_400 / unit
    else { return nil }
    seconds = Double(count * unit)
  }
}
