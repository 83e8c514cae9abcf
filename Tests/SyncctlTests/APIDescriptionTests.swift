import Foundation
import Testing

/// A relay over HTTP, and what its description says of it.
@Suite("The description of the API") struct APIDescriptionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "Every answer is as described, what is right is taken, and what is wrong is refused",
    arguments: zip([false, true], [7, 8]))
  func conformance(hasKey: Bool, seed: Int) async throws {
    var (options, arguments): ([String], [String]) = ([], [])
    if hasKey {
      let secret = folder.file("secret.txt")
      try Data("a secret that nobody guesses, long enough\n".utf8).write(to: secret)
      let minted = try await syncctl(
        "token", "mint", "--secret", secret.path, "--subject", "root", "--room", "*=admin", "--lifetime", "1h")
      options = ["--jwt-secret", secret.path]
      arguments = ["--token", minted.standardOutput.trimmingCharacters(in: .newlines)]
    }
    let relay = try await Relay.start(store: folder.file("store.sqlite"), options: options)
    let script = TestFiles.clientsFolder.appending(path: "check_openapi.py").path
    let check = try ChildProcess(
      TestFiles.python, [script, "http://127.0.0.1:\(relay.port)", "--seed", "\(seed)"] + arguments)
    let status = try await eventually("the check ends", within: .seconds(180)) { check.exitStatus }
    #expect(status == 0, "seed \(seed)\n\(check.standardOutput)\(check.standardError)")
    #expect(relay.process.exitStatus == nil, "\(relay.process.standardError)")
  }
}
