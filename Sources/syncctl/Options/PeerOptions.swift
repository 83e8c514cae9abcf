import ArgumentParser
import Foundation
import Logging
import SyncNode

/// Which relays to link to, who to be to them, and whom to trust.
struct PeerOptions: ParsableArguments {
  @Option(
    name: .customLong("peer"),
    help: ArgumentHelp(
      "Another relay to link to: wss://HOST:PORT or tls://HOST:PORT, or unencrypted ws:// or tcp://. May be repeated.",
      valueName: "address"))
  var peers: [PeerAddress] = []

  @Option(
    name: .customLong("peer-token-file"),
    help: ArgumentHelp(
      "The file with the token to show to peers that ask for one; it is read anew for each attempt to connect.",
      valueName: "file"))
  var tokenFile: String?

  @Option(
    name: .customLong("peer-rooms"),
    help: "Which rooms the links replicate: names in which * stands for anything. May be repeated. (default: all)")
  var roomPatterns: [String] = []

  @Flag(name: .customLong("peer-rooms-in-use"), help: "Let the links replicate only rooms that clients have open here.")
  var onlyRoomsInUse = false

  @Option(
    name: .customLong("peer-certificate"),
    help: ArgumentHelp(
      "The PEM file with the certificate to show to peers that ask for one. (default: that of --tls-certificate)",
      valueName: "file"))
  var peerCertificateFile: String?

  @Option(
    name: .customLong("peer-key"),
    help: ArgumentHelp("The PEM file with its private key, without a passphrase.", valueName: "file"))
  var peerKeyFile: String?

  @Option(
    name: .customLong("peer-trust-roots"),
    help: ArgumentHelp(
      "The PEM file with the certificates that those of wss:// and tls:// peers must be signed by. (default: the system's)",
      valueName: "file"))
  var trustRootsFile: String?

  func validate() throws {
    if onlyRoomsInUse, !roomPatterns.isEmpty {
      throw ValidationError("--peer-rooms and --peer-rooms-in-use exclude each other")
    }
    if (peerCertificateFile == nil) != (peerKeyFile == nil) {
      throw ValidationError("--peer-certificate and --peer-key go together")
    }
    if trustRootsFile != nil, !peers.contains(where: \.isEncrypted) {
      throw ValidationError("no --peer wss://… or tls://… whose certificate --peer-trust-roots could be for")
    }
    if peerCertificateFile != nil, !peers.contains(where: \.isEncrypted) {
      throw ValidationError("no --peer wss://… or tls://… to show --peer-certificate to")
    }
    if peers.isEmpty, onlyRoomsInUse || !roomPatterns.isEmpty || tokenFile != nil {
      throw ValidationError("no --peer to replicate with")
    }
  }

  /// The links that a node is to keep.
  ///
  /// - Parameter identity: Who the relay is on its own ports; nil without TLS.
  /// - Throws: ``Failure`` when a file that was named cannot be used.
  func peers(identity: TLSIdentity?, logger: Logger) throws -> [Node.Configuration.Peer] {
    let rooms: RoomSelection = onlyRoomsInUse ? .inUse : roomPatterns.isEmpty ? .all : .matching(roomPatterns)
    let trustRoots = try trustRoots()
    let peerIdentity = try peerIdentity(identity, logger: logger)
    return peers.map { address in
      var peer = Node.Configuration.Peer(address, rooms: rooms, trustRoots: trustRoots)
      peer.identity = peerIdentity
      if let tokenFile { peer.token = { try PeerOptions.token(in: tokenFile) } }
      return peer
    }
  }

  /// The only line of a file.
  private static func token(in path: String) throws -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    } catch {
      throw Failure(.unreachable, "cannot read the token in \(path) (\(error.localizedDescription))")
    }
  }

  /// What to show to peers; nil when there is nothing.
  ///
  /// - Parameter identity: Who the relay is on its own ports.
  private func peerIdentity(_ identity: TLSIdentity?, logger: Logger) throws -> TLSIdentity? {
    guard let peerCertificateFile, let peerKeyFile else { return identity }
    do {
      return try TLSIdentity(certificateFile: peerCertificateFile, privateKeyFile: peerKeyFile, logger: logger)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }

  /// Who must vouch for the certificates of peers.
  private func trustRoots() throws -> TrustRoots {
    guard let trustRootsFile else { return .system }
    do {
      return try .file(trustRootsFile)
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
  }
}

extension PeerAddress: ExpressibleByArgument {
  /// Reads a peer's address; nil when it is none.
  public init?(argument: String) {
    guard let address = try? PeerAddress(argument) else { return nil }
    self = address
  }
}
