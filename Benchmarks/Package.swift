// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// A package of its own, so that whoever uses the library never resolves what only the benchmarks need.
let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "crdt-benchmark", targets: ["CRDTBenchmark"]),
    .executable(name: "node-benchmark", targets: ["NodeBenchmark"]),
    .executable(name: "soak", targets: ["Soak"]),
  ],
  dependencies: [
    .package(name: "swift-crdt-sync", path: ".."),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    .target(name: "CMalloc"),
    .target(name: "BenchmarkSupport", swiftSettings: strict),
    .executableTarget(
      name: "CRDTBenchmark",
      dependencies: ["BenchmarkSupport", "CMalloc", .product(name: "CRDT", package: "swift-crdt-sync")],
      swiftSettings: strict),
    .target(
      name: "SocketClients",
      dependencies: [
        .product(name: "CRDT", package: "swift-crdt-sync"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "Soak",
      dependencies: [
        "BenchmarkSupport",
        "SocketClients",
        .product(name: "CRDT", package: "swift-crdt-sync"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "NodeBenchmark",
      dependencies: [
        "BenchmarkSupport",
        "CMalloc",
        "SocketClients",
        .product(name: "CRDT", package: "swift-crdt-sync"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "SyncNode", package: "swift-crdt-sync"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
