import Foundation

/// A library that lets a relay's writes to its store fail; `Faults/faults.c` says how. Compiled once for each folder.
struct FaultyDisk {
  private let library: URL
  private let folder: TemporaryFolder

  init(in folder: TemporaryFolder) async throws {
    self.folder = folder
    library = folder.file("faults.so")
    let source = TestFiles.packageFile("Tests/SyncctlTests/Faults/faults.c")
    let compiler = try ChildProcess(
      URL(filePath: "/usr/bin/env"), ["clang", "-shared", "-fPIC", "-O1", "-o", library.path, source.path, "-ldl"])
    let status = try await compiler.waitForExit()
    guard status == 0 else { throw Unusable(message: compiler.standardError) }
  }

  /// What makes one write or flush in so many fail, on all files of the folder, while there is a file at `trigger`.
  func failing(oneIn count: Int, seed: UInt64, while trigger: URL) -> [String] {
    launcher(["FAULT_ONE_IN=\(count)", "FAULT_SEED=\(seed)", "FAULT_WHILE=\(trigger.path)"])
  }

  /// What ends the process, as `kill -9` does, when it is about to write or flush for the `count`th time.
  func killing(at count: Int) -> [String] { launcher(["FAULT_KILL=\(count)"]) }

  /// What makes flushes never end once there is a file at `trigger`.
  func hanging(once trigger: URL) -> [String] { launcher(["FAULT_HANG=\(trigger.path)"]) }

  private func launcher(_ variables: [String]) -> [String] {
    // As the kernel names them, where the folder for temporary files is a link.
    let path = folder.url.resolvingSymlinksInPath().path
    return ["LD_PRELOAD=\(library.path)", "FAULT_PREFIX=\(path)"] + variables
  }

  struct Unusable: Error {
    let message: String
  }
}
