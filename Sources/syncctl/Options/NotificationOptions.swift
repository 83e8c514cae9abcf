import ArgumentParser
import SyncNode

/// What a relay tells users beside what all relays do.
struct NotificationOptions: ParsableArguments {
  @Option(
    name: .customLong("notification-category"),
    help: ArgumentHelp(
      """
      A category of notifications beside system, user-action and performance; those of others are refused. May be repeated.
      """, valueName: "name"))
  var categories: [String] = []

  func validate() throws {
    if categories.contains("") || categories.contains(NotificationPreferences.anyCategory.rawValue) {
      throw ValidationError("--notification-category is a name, and not *")
    }
  }

  /// Has a node know the categories.
  func configure(_ configuration: inout Node.Configuration) {
    configuration.notificationCategories = Set(categories.map { NotificationCategory(rawValue: $0) })
  }
}
