import Foundation

/// A relay with little room for its store. Root gives it a file system of its own in memory, which goes with it; for others
/// its files may not grow, which it sees as a disk that fails.
struct SmallDisk {
  private static let diskBytes = 4 << 20
  private static let fileBytesMax = 256 << 10

  let process: ChildProcess
  let port: Int
  let store: String
  private let isMounted: Bool

  var url: String { "ws://127.0.0.1:\(port)" }

  static func startRelay(in folder: TemporaryFolder) async throws -> SmallDisk {
    let store = folder.file("store.sqlite")
    let command = [TestFiles.syncctl.path, "serve", "--port", "0", "--store", store.path]
    let isMounted = geteuid() == 0
    let process =
      if isMounted {
        try ChildProcess(
          URL(filePath: "/usr/bin/env"),
          [
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            "mount -t tmpfs -o size=\(diskBytes) none \"$1\" && shift && exec \"$@\"", "sh", folder.url.path,
          ] + command)
      } else {
        try ChildProcess(
          URL(filePath: "/bin/sh"),
          ["-c", "trap '' XFSZ; ulimit -S -f \(fileBytesMax / 512); exec \"$@\"", "sh"] + command)
      }
    let relay = try await Relay.waitUntilReady(process, store: store)
    return SmallDisk(process: process, port: relay.port, store: store.path, isMounted: isMounted)
  }

  /// The folder as the relay sees it.
  private var root: String { isMounted ? "/proc/\(process.id)/root" : "" }

  /// Takes most of the room that is left.
  func fillDisk() throws {
    guard isMounted else { return }
    try Data(count: SmallDisk.diskBytes * 3 / 4).write(to: filler)
  }

  /// Gives it back.
  func emptyDisk() throws {
    if isMounted { return try FileManager.default.removeItem(at: filler) }
    let limit = try ChildProcess(
      URL(filePath: "/usr/bin/env"), ["prlimit", "--pid", "\(process.id)", "--fsize=unlimited"])
    while limit.exitStatus == nil { sched_yield() }
  }

  /// Runs `syncctl` where the relay's files are.
  func syncctl(_ arguments: String...) async throws -> Outcome {
    let place = isMounted ? ["nsenter", "--mount", "--target", "\(process.id)"] : []
    return try await outcome(
      of: ChildProcess(URL(filePath: "/usr/bin/env"), place + [TestFiles.syncctl.path] + arguments))
  }

  private var filler: URL { URL(filePath: root + store).deletingLastPathComponent().appending(path: "filler") }
}
