// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: strict, and a warning is an error.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

/// The core checks its invariants in debug builds, and uses tiny tree nodes there so that splits are exercised.
let core: [SwiftSetting] =
  strict + [.define("CRDT_INVARIANT_CHECKS", .when(configuration: .debug))]

let package = Package(
  name: "swift-crdt-sync",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "CRDT", targets: ["CRDT"]),
    .library(name: "SyncNode", targets: ["SyncNode"]),
    .library(name: "SyncHTTP", targets: ["SyncHTTP"]),
    .library(name: "SyncJWT", targets: ["SyncJWT"]),
    .library(name: "SyncWebhooks", targets: ["SyncWebhooks"]),
    .executable(name: "syncctl", targets: ["syncctl"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.36.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
  ],
  targets: [
    .target(name: "CRDT", swiftSettings: core),
    .target(
      name: "SyncNode",
      dependencies: [
        "CRDT",
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "SyncHTTP",
      dependencies: [
        "CRDT",
        "SyncNode",
        "SyncWebhooks",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOExtras", package: "swift-nio-extras"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      // Its files are packed by the plugin.
      exclude: ["Dashboard"],
      resources: [.embedInCode("OpenAPI/openapi.json")],
      swiftSettings: strict,
      plugins: ["PackDashboard"]
    ),
    .plugin(name: "PackDashboard", capability: .buildTool(), dependencies: ["pack-files"]),
    .executableTarget(name: "pack-files", path: "Plugins/pack-files", swiftSettings: strict),
    .target(
      name: "SyncWebhooks",
      dependencies: [
        "SyncNode",
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "SyncJWT",
      dependencies: [
        "SyncNode",
        .product(name: "JWTKit", package: "jwt-kit"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "syncctl",
      dependencies: [
        "CRDT",
        "SyncHTTP",
        "SyncJWT",
        "SyncNode",
        "SyncWebhooks",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "example-chat",
      dependencies: [
        "CRDT",
        "SyncNode",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "Examples/Chat",
      swiftSettings: strict
    ),
    .executableTarget(
      name: "example-notes-service",
      dependencies: [
        "CRDT",
        "SyncHTTP",
        "SyncNode",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      path: "Examples/NotesService",
      swiftSettings: strict
    ),
    .target(name: "TestSupport", dependencies: ["CRDT"], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "CRDTTests", dependencies: ["CRDT", "TestSupport"], exclude: ["Fixtures"], swiftSettings: core),
    .testTarget(
      name: "InteropTests", dependencies: ["CRDT", "TestSupport"], exclude: ["Drivers"], swiftSettings: strict),
    .testTarget(
      name: "SyncNodeTests",
      dependencies: [
        "CRDT",
        "SyncHTTP",
        "SyncNode",
        "SyncWebhooks",
        "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "SyncJWTTests",
      dependencies: [
        "SyncJWT",
        "SyncNode",
        "TestSupport",
        .product(name: "JWTKit", package: "jwt-kit"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "SimulationTests",
      dependencies: [
        "CRDT",
        "SyncNode",
        "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "SyncctlTests",
      dependencies: [
        "CRDT",
        "SyncHTTP",
        "SyncNode",
        "TestSupport",
        "example-chat",
        "example-notes-service",
        "syncctl",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      exclude: ["Clients", "Faults", "Networks"],
      swiftSettings: strict
    ),
  ],
  swiftLanguageModes: [.v6]
)
