import CRDT

// How choices stand in documents.
//
//   mute:category:NAME   true                                               also mute:room:NAME, mute:sender:NAME
//   quiet                {"from": "22:00", "to": "07:00", "zone": "…"}      one choice: half of it makes no sense
//   digest:NAME          {"times": ["09:00"], "zone": "…"}                  * for categories that have none of their own

extension NotificationPreferences {
  private static let root = "preferences"
  private static let quietKey = "quiet"
  private static let mutePrefix = "mute:"
  private static let digestPrefix = "digest:"

  /// The choices in a document; those that cannot be read are left out.
  package init(_ document: Document) {
    for (key, content) in document.map(NotificationPreferences.root).entries {
      guard let value = content.value else { continue }
      if key == NotificationPreferences.quietKey {
        quietHours = QuietHours(value)
      } else if let mute = NotificationPreferences.mute(key), value == .bool(true) {
        mutes.insert(mute)
      } else if let category = NotificationPreferences.digestCategory(key), let digest = Digest(value) {
        digests[category] = digest
      }
    }
  }

  /// The choices in a document that may concern a draft: looked up, however many others a client has written.
  ///
  /// - Complexity: O(1).
  package init(_ document: Document, concerning draft: NotificationDraft) {
    let map = document.map(NotificationPreferences.root)
    for mute in NotificationPreferences.mutes(concerning: draft)
    where map[NotificationPreferences.key(of: mute)] == .value(.bool(true)) {
      mutes.insert(mute)
    }
    quietHours = map[NotificationPreferences.quietKey]?.value.flatMap { QuietHours($0) }
    for category in [draft.category, NotificationPreferences.anyCategory] {
      let digest = map[NotificationPreferences.digestPrefix + category.rawValue]
      digests[category] = digest?.value.flatMap { Digest($0) }
    }
  }

  /// What a document is given to have these choices and no others: only what differs is written, so choices that others make
  /// meanwhile hold.
  ///
  /// - Returns: Whether anything differed.
  @discardableResult
  package func write(to document: Document) -> Bool {
    let map = document.map(NotificationPreferences.root)
    var wanted: [String: Value] = [:]
    for mute in mutes { wanted[NotificationPreferences.key(of: mute)] = .bool(true) }
    for (category, digest) in digests {
      wanted[NotificationPreferences.digestPrefix + category.rawValue] = digest.value
    }
    wanted[NotificationPreferences.quietKey] = quietHours?.value
    // What a later version has chosen stays.
    let present = map.entries.filter { NotificationPreferences.isOurs($0.key) }
    return document.transact {
      var isChanged = false
      for (key, _) in present where wanted[key] == nil {
        map.removeValue(forKey: key)
        isChanged = true
      }
      for (key, value) in wanted.sorted(by: { $0.key < $1.key }) where map[key] != .value(value) {
        map.set(value, forKey: key)
        isChanged = true
      }
      return isChanged
    }
  }

  private static func isOurs(_ key: String) -> Bool {
    key == quietKey || mute(key) != nil || digestCategory(key) != nil
  }

  private static func key(of mute: Mute) -> String { "\(mutePrefix)\(mute.kind.rawValue):\(mute.name)" }

  private static func mute(_ key: String) -> Mute? {
    guard let name = rest(of: key, behind: mutePrefix), let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")),
      let kind = Mute.Kind(rawValue: String(decoding: name.utf8[..<colon], as: UTF8.self))
    else { return nil }
    return Mute(kind, String(decoding: name.utf8[colon...].dropFirst(), as: UTF8.self))
  }

  private static func digestCategory(_ key: String) -> NotificationCategory? {
    rest(of: key, behind: digestPrefix).map { NotificationCategory(rawValue: $0) }
  }

  /// What comes behind a prefix, by bytes: what combines with its colon into one character belongs to the name.
  private static func rest(of key: String, behind prefix: String) -> String? {
    guard key.utf8.starts(with: prefix.utf8) else { return nil }
    return String(decoding: key.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }
}

extension NotificationPreferences.QuietHours {
  /// Nil when it cannot be read.
  fileprivate init?(_ value: Value) {
    guard let from = value["from"].stringValue.flatMap({ DayTime($0) }),
      let to = value["to"].stringValue.flatMap({ DayTime($0) }), let zone = value["zone"].stringValue,
      let hours = try? NotificationPreferences.QuietHours(from: from, to: to, zone: zone)
    else { return nil }
    self = hours
  }

  fileprivate var value: Value {
    ["from": .string(from.description), "to": .string(to.description), "zone": .string(zone)]
  }
}

extension NotificationPreferences.Digest {
  /// Nil when it cannot be read.
  fileprivate init?(_ value: Value) {
    guard case .array(let texts) = value["times"], texts.count <= NotificationPreferences.Digest.timesMax,
      let zone = value["zone"].stringValue,
      let digest = try? NotificationPreferences.Digest(
        times: texts.compactMap { $0.stringValue.flatMap { DayTime($0) } }, zone: zone)
    else { return nil }
    self = digest
  }

  fileprivate var value: Value {
    ["times": .array(times.map { .string($0.description) }), "zone": .string(zone)]
  }
}
