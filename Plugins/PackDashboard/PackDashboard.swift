import Foundation
import PackagePlugin

/// Packs the dashboard into the binary: its own files, the modules of the core for browsers, and the core, if `make web` has
/// compiled it.
@main
struct PackDashboard: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let package = context.package.directoryURL
    let output = context.pluginWorkDirectoryURL.appending(path: "PackedDashboard.swift")
    let pages = PackDashboard.files(
      in: target.directoryURL.appending(path: "Dashboard"), ["html", "css", "js", "svg"])
    let modules = PackDashboard.files(in: package.appending(path: "Web"), ["js"])
    let core = PackDashboard.files(in: package.appending(path: ".build/web"), ["gz"])
    // Each file with its path on the server.
    let all =
      pages.map { ($0.path, $0.file) } + (modules + core).map { ("crdt/\($0.path)", $0.file) }
    return [
      .buildCommand(
        displayName: "Packing the dashboard",
        executable: try context.tool(named: "pack-files").url,
        arguments: ["PackedDashboard", output.path(percentEncoded: false)]
          + all.flatMap { [$0.0, $0.1.path(percentEncoded: false)] },
        inputFiles: all.map(\.1),
        outputFiles: [output])
    ]
  }

  /// The files below a folder with one of some extensions, with their paths from there.
  private static func files(in folder: URL, _ extensions: Set<String>) -> [(path: String, file: URL)] {
    let root = folder.path(percentEncoded: false)
    let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return paths.filter { extensions.contains(URL(filePath: $0).pathExtension) }.sorted()
      .map { ($0, folder.appending(path: $0)) }
  }
}
