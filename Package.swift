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
    .library(name: "CRDT", targets: ["CRDT"])
  ],
  targets: [
    .target(name: "CRDT", swiftSettings: core),
    .target(name: "TestSupport", dependencies: ["CRDT"], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "CRDTTests", dependencies: ["CRDT", "TestSupport"], swiftSettings: core),
    .testTarget(
      name: "InteropTests", dependencies: ["CRDT", "TestSupport"], exclude: ["Drivers"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
