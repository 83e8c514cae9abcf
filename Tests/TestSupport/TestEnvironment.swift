import Foundation

/// What the environment says about how to run the tests, and where the package is.
public enum TestEnvironment {
  /// The folder of `Package.swift`.
  public static let packageRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The variable `name`, or nil when it is unset or empty.
  public static func string(_ name: String) -> String? {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { return nil }
    return value
  }

  /// The whole number in the variable `name`, or nil when it is unset.
  ///
  /// - Precondition: a value that is set is a whole number, so that a typing error never runs the default quietly.
  public static func integer(_ name: String) -> Int? {
    guard let text = string(name) else { return nil }
    guard let value = Int(text) else { preconditionFailure("\(name)=\(text) is not a whole number") }
    return value
  }

  /// Whether the tests are built with a sanitizer, by `CRDT_SANITIZED`: everything takes longer then, and more memory.
  public static let isSanitized = string("CRDT_SANITIZED") != nil

  /// A path from the variable `name`, or `fallback` relative to the package, made absolute.
  public static func path(_ name: String, default fallback: String) -> URL {
    URL(filePath: string(name) ?? fallback, relativeTo: packageRoot).absoluteURL
  }
}
