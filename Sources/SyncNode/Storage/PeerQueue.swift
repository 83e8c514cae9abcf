import GRDB

/// How much of a room's log another node is not known to have stored.
public struct PeerQueue: Codable, Equatable, Sendable {
  /// The room's name.
  public let room: String
  /// The node's identifier, in hexadecimal.
  public let peer: String
  /// How many updates at the end of the log.
  public let updates: Int64
}

extension StoreSchema {
  /// What is not known to be stored by nodes that have ever acknowledged anything, by room and node.
  static func queues(in database: Database) throws -> [PeerQueue] {
    guard try database.tableExists("acknowledgements") else { return [] }
    let sql = """
      SELECT name, peer, last - acknowledged FROM (
        SELECT d.name AS name, p.peer AS peer, coalesce(a.sequence, 0) AS acknowledged, max(
          coalesce((SELECT max(sequence) FROM updates WHERE document = d.id), 0),
          coalesce((SELECT sequence FROM snapshots WHERE document = d.id), 0)) AS last
        FROM documents d CROSS JOIN (SELECT DISTINCT peer FROM acknowledgements) p
        LEFT JOIN acknowledgements a ON a.document = d.id AND a.peer = p.peer)
      WHERE acknowledged < last ORDER BY name, peer
      """
    return try Row.fetchAll(database, sql: sql).compactMap { row in
      guard let peer = PeerID(try bytes(in: row, at: 1)) else { return nil }
      return PeerQueue(room: row[0], peer: "\(peer)", updates: row[2])
    }
  }
}
