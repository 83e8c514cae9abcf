import ArgumentParser
import SyncNode

/// Saves what is sound in a damaged store.
struct Repair: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Save all that is sound in a damaged store, and keep the damaged one.",
    discussion: """
      The store must not be in use. All of it is checked; when nothing is wrong, nothing is changed. Otherwise all that can \
      be read goes into a new file, which takes the store's place once it was checked, and the damaged file is kept. What \
      cannot be saved is listed, a line each. What builds on a lost update waits for it: clients and other relays that \
      have it bring it back. To other relays the store is another relay's afterwards, so they give it all that they have.
      """)

  @Option(
    name: .customLong("keep"),
    help: ArgumentHelp(
      "Where the damaged store is kept; nothing may be there. (default: the store's name with .damaged behind it)",
      valueName: "file"))
  var kept: String?

  @Flag(help: "Print JSON: an object with what was wrong, what could not be saved, and what is there now.")
  var json = false

  @OptionGroup var store: StoreOptions

  func run() throws {
    let progress = Progress()
    defer { progress.end() }
    progress.note("checking")
    let repair: StoreRepair
    do {
      repair = try StoreRepair.repair(store.path, keepingAt: kept) { room, index, count in
        progress.note("saving room", index, of: count, room)
      }
    } catch  where error.code == .damaged {
      throw Failure(
        .check, "too little of the store \(store.path) can be read: restore it from a backup; it was left as it is")
    } catch {
      throw Failure(.unreachable, "\(error)")
    }
    progress.end()
    if json { return try Output.json(repair) }
    guard let kept = repair.kept else {
      return Output.line("nothing to repair; \(repair.store.summary)")
    }
    for loss in repair.losses {
      Output.line(
        Output.printable("room \(loss.room): \(loss.part) is lost (\(loss.reason)); saved: \(loss.saved)"))
    }
    if repair.losses.isEmpty { Output.line("everything was saved") }
    Output.line("the damaged store is kept at \(kept)")
    Output.line(repair.store.summary)
  }
}
