import Foundation
import TestSupport

/// Where the tests find what they start.
enum TestFiles {
  static let clientsFolder = TestEnvironment.packageRoot.appending(path: "Tests/SyncctlTests/Clients")

  static func packageFile(_ path: String) -> URL { TestEnvironment.packageRoot.appending(path: path) }

  static let networksFolder = TestEnvironment.packageRoot.appending(path: "Tests/SyncctlTests/Networks")

  /// The binary under test: SwiftPM puts it beside the test bundle.
  static let syncctl: URL = {
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? Bundle.main
    let folder =
      bundle.bundlePath.hasSuffix(".xctest") ? bundle.bundleURL.deletingLastPathComponent() : bundle.bundleURL
    return folder.appending(path: "syncctl")
  }()

  /// Python with what Tests/requirements.txt names; `make test` makes it.
  static let python = TestEnvironment.path("CRDT_PYTHON", default: ".venv/bin/python")

  /// Where Debian's node packages lie, unless the environment names another folder.
  static let nodePath = TestEnvironment.string("NODE_PATH") ?? "/usr/share/nodejs"
}

/// An empty folder that goes with the last reference to it.
final class TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "syncctl-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  func file(_ name: String) -> URL { url.appending(path: name) }
}
