import ArgumentParser
import Foundation
import SyncNode

/// Where commands find rooms: in a store, at rest or beside the relay that writes it, or at a relay that runs.
struct ReplicaOptions: ParsableArguments {
  @Option(
    name: .customLong("store"),
    help: "The store: its SQLite file, also while a relay runs. (default: \(StoreOptions.defaultPath))")
  var storePath: String?

  @Option(
    help: ArgumentHelp("A relay that runs, as in http://127.0.0.1:8787, instead of a store.", valueName: "address"))
  var url: NodeAddress?

  @OptionGroup var access: NodeAccessOptions

  func validate() throws {
    if url != nil, storePath != nil { throw ValidationError("--store and --url exclude each other") }
  }

  /// What was named.
  func replica() throws(Failure) -> any Replica {
    if let url { return try access.node(at: url) }
    return StoreReplica(path: storePath ?? StoreOptions.defaultPath)
  }
}

/// What commands show to a relay, and whom they trust to be it.
struct NodeAccessOptions: ParsableArguments {
  static let tokenVariable = "SYNCCTL_TOKEN"

  @Option(
    help: ArgumentHelp(
      "The file with the token to show to a relay that asks for one; see `syncctl token`. (default: $SYNCCTL_TOKEN)",
      valueName: "file"))
  var tokenFile: String?

  @Option(
    name: .customLong("trust-roots"),
    help: ArgumentHelp(
      "The PEM file with the certificates that a relay's must be signed by. (default: the system's)", valueName: "file")
  )
  var trustRootsFile: String?

  /// The relay at an address.
  ///
  /// - Throws: ``Failure`` when a file that was named cannot be used.
  func node(at address: NodeAddress) throws(Failure) -> NodeReplica {
    if let trustRootsFile {
      do {
        _ = try TrustRoots.file(trustRootsFile)
      } catch {
        throw Failure(.unreachable, "\(error)")
      }
    }
    return NodeReplica(address: address, token: try token(), trustRootsFile: trustRootsFile)
  }

  /// Nil where there is none.
  private func token() throws(Failure) -> String? {
    guard let tokenFile else { return ProcessInfo.processInfo.environment[NodeAccessOptions.tokenVariable] }
    let input = try InputFile.read(tokenFile)
    return String(decoding: input.bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// Where a relay serves clients.
struct NodeAddress: ExpressibleByArgument {
  /// The address as it was written, without a slash at its end.
  let description: String
  private let parts: URLComponents

  /// Reads an address that begins with http:// or ws://, or with https:// or wss://. What comes behind its port is where a
  /// proxy has put the relay.
  init?(argument: String) {
    guard let parts = URLComponents(string: argument), let host = parts.host, !host.isEmpty, parts.query == nil,
      ["http", "https", "ws", "wss"].contains(parts.scheme)
    else { return nil }
    self.parts = parts
    description = argument.hasSuffix("/") ? String(argument.dropLast()) : argument
  }

  /// The name or the address of the machine.
  var host: String { parts.host ?? "" }

  private var isEncrypted: Bool { parts.scheme == "https" || parts.scheme == "wss" }

  private func string(scheme: String, _ path: String, _ query: [(name: String, value: String)] = []) -> String {
    var parts = parts
    parts.scheme = scheme
    let base = parts.percentEncodedPath
    parts.percentEncodedPath = (base.hasSuffix("/") ? String(base.dropLast()) : base) + path
    if !query.isEmpty {
      // A plus sign would be read as a space.
      var allowed = CharacterSet.alphanumerics
      allowed.insert(charactersIn: "-._~")
      parts.percentEncodedQuery =
        query.map { "\($0.name)=\($0.value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")" }
        .joined(separator: "&")
    }
    return parts.string ?? description
  }

  /// Where a page of its interface over HTTP is.
  func page(_ path: String, _ query: [(name: String, value: String)]) -> String {
    string(scheme: isEncrypted ? "https" : "http", path, query)
  }

  /// Where it has many rooms on a socket.
  func webSocket() throws(PeerAddressError) -> PeerAddress {
    try PeerAddress(string(scheme: isEncrypted ? "wss" : "ws", "/"))
  }
}
