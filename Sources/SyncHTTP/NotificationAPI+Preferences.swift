import SyncNode

extension NotificationAPI {
  /// What a user wants to be told, and when.
  package struct Preferences: Codable, Sendable {
    /// What it wants to hear nothing of: in the order of their names.
    package let mutes: [Mute]
    /// Absent where there are none.
    package let quietHours: QuietHours?
    package let digests: [Digest]

    /// A category, a room or a sender.
    package struct Mute: Codable, Sendable {
      package let kind: String
      package let name: String

      enum CodingKeys: String, CodingKey, CaseIterable { case kind, name }

      init(_ mute: NotificationPreferences.Mute) {
        kind = mute.kind.rawValue
        name = mute.name
      }

      package init(from decoder: any Decoder) throws {
        try decoder.refuseFields(besides: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        kind = try container.decode(String.self, forKey: .kind)
        name = try container.decode(String.self, forKey: .name)
        guard NotificationPreferences.Mute.Kind(rawValue: kind) != nil else {
          throw DecodingError.dataCorruptedError(
            forKey: .kind, in: container, debugDescription: "it is one of category, room, sender")
        }
      }

      fileprivate var mute: NotificationPreferences.Mute? {
        NotificationPreferences.Mute.Kind(rawValue: kind).map { NotificationPreferences.Mute($0, name) }
      }
    }

    /// Hours without a sound.
    package struct QuietHours: Codable, Sendable {
      package let from: String
      package let to: String
      package let zone: String

      enum CodingKeys: String, CodingKey, CaseIterable { case from, to, zone }

      fileprivate init(_ hours: NotificationPreferences.QuietHours) {
        (from, to, zone) = (hours.from.description, hours.to.description, hours.zone)
      }

      package init(from decoder: any Decoder) throws {
        try decoder.refuseFields(besides: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        from = try container.decodeDayTime(forKey: .from)
        to = try container.decodeDayTime(forKey: .to)
        zone = try container.decode(String.self, forKey: .zone)
      }
    }

    /// Times until which a category is held back.
    package struct Digest: Codable, Sendable {
      package let category: String
      package let times: [String]
      package let zone: String

      enum CodingKeys: String, CodingKey, CaseIterable { case category, times, zone }

      fileprivate init(_ category: NotificationCategory, _ digest: NotificationPreferences.Digest) {
        (self.category, times, zone) = (category.rawValue, digest.times.map(\.description), digest.zone)
      }

      package init(from decoder: any Decoder) throws {
        try decoder.refuseFields(besides: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        category = try container.decode(String.self, forKey: .category)
        times = try container.decode([String].self, forKey: .times)
        zone = try container.decode(String.self, forKey: .zone)
        guard times.allSatisfy({ DayTime($0) != nil }) else {
          throw DecodingError.dataCorruptedError(
            forKey: .times, in: container, debugDescription: "they are times of day as in 07:30")
        }
      }
    }

    enum CodingKeys: String, CodingKey, CaseIterable { case mutes, quietHours, digests }

    package init(_ preferences: NotificationPreferences) {
      mutes = preferences.mutes.map { Mute($0) }.sorted { ($0.kind, $0.name) < ($1.kind, $1.name) }
      quietHours = preferences.quietHours.map { QuietHours($0) }
      digests = preferences.digests.map { Digest($0, $1) }.sorted { $0.category < $1.category }
    }

    package init(from decoder: any Decoder) throws {
      try decoder.refuseFields(besides: CodingKeys.self)
      let container = try decoder.container(keyedBy: CodingKeys.self)
      mutes = try container.decodeIfPresent([Mute].self, forKey: .mutes) ?? []
      quietHours = try container.decodeIfPresent(QuietHours.self, forKey: .quietHours)
      digests = try container.decodeIfPresent([Digest].self, forKey: .digests) ?? []
    }

    /// The choices.
    ///
    /// - Throws: ``SyncNode/NotificationError`` for what makes no sense.
    package func preferences() throws -> NotificationPreferences {
      var preferences = NotificationPreferences()
      preferences.mutes = Set(mutes.compactMap(\.mute))
      if let quietHours, let from = DayTime(quietHours.from), let to = DayTime(quietHours.to) {
        preferences.quietHours = try NotificationPreferences.QuietHours(from: from, to: to, zone: quietHours.zone)
      }
      for digest in digests {
        preferences.digests[NotificationCategory(rawValue: digest.category)] = try NotificationPreferences.Digest(
          times: digest.times.compactMap { DayTime($0) }, zone: digest.zone)
      }
      return preferences
    }
  }
}

extension KeyedDecodingContainer {
  fileprivate func decodeDayTime(forKey key: Key) throws -> String {
    let text = try decode(String.self, forKey: key)
    guard DayTime(text) != nil else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: self, debugDescription: "it is a time of day as in 07:30")
    }
    return text
  }
}
