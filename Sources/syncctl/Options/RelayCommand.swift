import ArgumentParser

/// A command that takes all that a relay is told. The titles of its groups are those of the sections of a configuration file.
///
/// The groups stand in each command: in a group of groups, parsing takes several times as long.
protocol RelayCommand: ParsableCommand {
  var listening: ListenOptions { get }
  var tls: TLSOptions { get }
  var peering: PeerOptions { get }
  var access: AccessOptions { get }
  var storage: StorageOptions { get }
  var history: HistoryOptions { get }
  var alerting: AlertOptions { get }
  var webhooks: WebhookOptions { get }
  var notifications: NotificationOptions { get }
  var activity: ActivityOptions { get }
  var process: ProcessOptions { get }
  var limitOptions: LimitOptions { get }
}
