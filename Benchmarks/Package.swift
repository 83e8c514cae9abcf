// swift-tools-version: 6.2
import PackageDescription

/// A package of its own, so that whoever uses the library never resolves what only the benchmarks need.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "crdt-benchmark", targets: ["CRDTBenchmark"])],
  dependencies: [.package(name: "swift-crdt-sync", path: "..")],
  targets: [
    .target(name: "CMalloc"),
    .executableTarget(
      name: "CRDTBenchmark",
      dependencies: ["CMalloc", .product(name: "CRDT", package: "swift-crdt-sync")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
