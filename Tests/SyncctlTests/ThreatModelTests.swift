import Foundation
import TestSupport
import Testing

/// What SECURITY.md says of the tests.
@Suite struct ThreatModelTests {
  @Test("Every test that the threat model names is there")
  func namedTests() throws {
    let root = TestEnvironment.packageRoot
    let document = try String(contentsOf: root.appending(path: "SECURITY.md"), encoding: .utf8)
    let names = document.matches(of: /`([A-Za-z]+Tests)\.([A-Za-z0-9]+)`/).map { ($0.1, $0.2) }
    #expect(names.count > 50)
    let folder = root.appending(path: "Tests")
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    var functions: [String: String] = [:]
    for case let file as URL in files where file.pathExtension == "swift" {
      let suite = file.deletingPathExtension().lastPathComponent
      functions[suite, default: ""] += try String(contentsOf: file, encoding: .utf8)
    }
    for (suite, function) in names {
      let source = try #require(functions[String(suite)], "no suite \(suite)")
      #expect(source.contains("  func \(function)("), "\(suite).\(function) is not there")
    }
  }
}
