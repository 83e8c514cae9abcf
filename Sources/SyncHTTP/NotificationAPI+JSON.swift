import SyncNode

// What goes over HTTP.

extension NotificationAPI {
  /// What a user sees of one notification.
  package struct Notification: Codable, Sendable {
    package let id: String
    package let category: String
    package let title: String
    package let body: String
    package let link: String?
    package let room: String?
    package let sender: String?
    package let key: String?
    package let milliseconds: Int64
    package let dueMilliseconds: Int64?
    package let expiryMilliseconds: Int64?
    package let isQuiet: Bool
    /// Absent while it is unread, or not put away, and where nobody asks for what the user made of it.
    package let readMilliseconds: Int64?
    package let archivedMilliseconds: Int64?

    package init(_ notification: UserNotification, readMilliseconds: Int64? = nil, archivedMilliseconds: Int64? = nil) {
      id = notification.id
      category = notification.category.rawValue
      title = notification.title
      body = notification.body
      link = notification.link
      room = notification.room
      sender = notification.sender
      key = notification.key
      milliseconds = notification.milliseconds
      dueMilliseconds = notification.dueMilliseconds
      expiryMilliseconds = notification.expiryMilliseconds
      isQuiet = notification.isQuiet
      self.readMilliseconds = readMilliseconds
      self.archivedMilliseconds = archivedMilliseconds
    }
  }

  /// A page of what a user sees.
  package struct Page: Codable, Sendable {
    package let notifications: [Notification]
    /// How many wait for the user, on all pages.
    package let unreadCount: Int
    /// What to ask for the next page with; absent where there is none.
    package let next: String?

    package init(_ page: NotificationList.Page, unreadCount: Int) {
      notifications = page.items.map { item in
        Notification(
          item.notification, readMilliseconds: item.readMilliseconds, archivedMilliseconds: item.archivedMilliseconds)
      }
      self.unreadCount = unreadCount
      next = page.next?.description
    }
  }

  /// What a user is to be told.
  package struct Draft: Codable, Sendable {
    package let category: String
    package let title: String
    package let body: String?
    package let link: String?
    package let room: String?
    package let key: String?
    package let sender: String?
    package let expiryMilliseconds: Int64?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case category, title, body, link, room, key, sender, expiryMilliseconds
    }

    package init(_ draft: NotificationDraft) {
      category = draft.category.rawValue
      title = draft.title
      body = draft.body.isEmpty ? nil : draft.body
      link = draft.link
      room = draft.room
      key = draft.key
      sender = draft.sender
      expiryMilliseconds = draft.expiryMilliseconds
    }

    package init(from decoder: any Decoder) throws {
      try decoder.refuseFields(besides: CodingKeys.self)
      let container = try decoder.container(keyedBy: CodingKeys.self)
      category = try container.decode(String.self, forKey: .category)
      title = try container.decode(String.self, forKey: .title)
      body = try container.decodeIfPresent(String.self, forKey: .body)
      link = try container.decodeIfPresent(String.self, forKey: .link)
      room = try container.decodeIfPresent(String.self, forKey: .room)
      key = try container.decodeIfPresent(String.self, forKey: .key)
      sender = try container.decodeIfPresent(String.self, forKey: .sender)
      expiryMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .expiryMilliseconds)
    }

    var draft: NotificationDraft {
      var draft = NotificationDraft(category: NotificationCategory(rawValue: category), title: title)
      draft.body = body ?? ""
      (draft.link, draft.room, draft.key, draft.sender) = (link, room, key, sender)
      draft.expiryMilliseconds = expiryMilliseconds
      return draft
    }
  }

  /// What became of it.
  package struct Outcome: Codable, Sendable {
    /// delivered, replaced or muted.
    package let outcome: String
    /// Absent where it is muted.
    package let notification: Notification?
    /// The choice that keeps it from the user.
    package let mutedBy: Preferences.Mute?

    package init(_ outcome: NotificationOutcome) {
      switch outcome {
      case .delivered(let notification):
        (self.outcome, self.notification, mutedBy) = ("delivered", Notification(notification), nil)
      case .replaced(let notification):
        (self.outcome, self.notification, mutedBy) = ("replaced", Notification(notification), nil)
      case .muted(let mute): (self.outcome, notification, mutedBy) = ("muted", nil, Preferences.Mute(mute))
      }
    }
  }

  /// What is to be marked.
  struct Marking: Decodable, Sendable {
    let mark: NotificationMark
    /// Nil for all.
    let ids: [String]?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case mark, ids, all
    }

    init(from decoder: any Decoder) throws {
      try decoder.refuseFields(besides: CodingKeys.self)
      let container = try decoder.container(keyedBy: CodingKeys.self)
      guard let mark = NotificationMark(rawValue: try container.decode(String.self, forKey: .mark)) else {
        let known = NotificationMark.allCases.map(\.rawValue).joined(separator: ", ")
        throw DecodingError.dataCorruptedError(
          forKey: .mark, in: container, debugDescription: "it is one of \(known)")
      }
      self.mark = mark
      ids = try container.decodeIfPresent([String].self, forKey: .ids)
      let isAll = try container.decodeIfPresent(Bool.self, forKey: .all) ?? false
      guard isAll == (ids == nil) else {
        throw DecodingError.dataCorruptedError(
          forKey: .ids, in: container, debugDescription: "say which ones, or `all`: true, and not both")
      }
    }
  }

  /// What came of marking.
  package struct Marked: Codable, Sendable {
    /// How many were not marked so before.
    package let changed: Int
    /// How many wait for the user then.
    package let unreadCount: Int

    package init(changed: Int, unreadCount: Int) {
      self.changed = changed
      self.unreadCount = unreadCount
    }
  }
}
