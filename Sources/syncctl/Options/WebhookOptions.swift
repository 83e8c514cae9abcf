import ArgumentParser
import Logging
import NIOPosix
import SyncNode
import SyncWebhooks

/// Who is told over HTTP of what happens.
struct WebhookOptions: ParsableArguments {
  @Option(
    name: .customLong("webhooks"),
    help: ArgumentHelp(
      "The JSON file that says who is told over HTTP of what happens; see `syncctl webhooks`.", valueName: "file"))
  var file: String?

  /// The webhooks of the relay; nil for none.
  ///
  /// - Throws: ``Failure`` when the file cannot be read, or a webhook in it makes no sense.
  func webhooks() throws(Failure) -> [Webhook]? {
    guard let file else { return nil }
    let input = try InputFile.read(file)
    do {
      return try [Webhook](json: input.bytes)
    } catch {
      throw Failure(.usage, "\(input.name): \(error): see `syncctl webhooks --help`")
    }
  }
}
