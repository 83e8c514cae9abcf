import ArgumentParser
import SyncNode

/// Copies a store, at rest or while a relay runs.
struct Backup: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Copy a store to a new file, also while a relay runs.",
    discussion: """
      The copy is as the store was at one moment, it is checked as a whole, and it is there under its name only when it is
      complete. A relay does not wait for it. To restore it, start a relay on it, or on a copy of it: that is another relay
      to those that it was linked to, so they give it all that was written since.
      """)

  @Argument(help: "The file to write; it must not exist.")
  var file: String

  @Flag(help: "Print JSON: an object with the numbers.")
  var json = false

  @OptionGroup var store: StoreOptions

  func run() throws {
    do {
      let verification = try store.open().backup(to: file)
      if json { return try Output.json(verification) }
      Output.line(verification.summary)
    } catch let error as StoreError {
      throw Failure(error.code == .damaged ? .check : .unreachable, "\(error)")
    }
  }
}
