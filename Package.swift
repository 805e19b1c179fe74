// swift-tools-version: 6.2
import PackageDescription

/// What the library itself is held to. The tests and examples use the defaults of the Swift 6 mode.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "swift-barriers",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "Barriers", targets: ["Barriers"])
  ],
  targets: [
    .target(name: "CBarriers", cSettings: [.treatAllWarnings(as: .error)]),
    .target(name: "Barriers", dependencies: ["CBarriers"], swiftSettings: strict),
    .executableTarget(name: "examples", dependencies: ["Barriers"]),
    .target(name: "CCounters", path: "Tests/CCounters"),
    .testTarget(name: "BarriersTests", dependencies: ["Barriers", "CBarriers", "CCounters"]),
  ],
  swiftLanguageModes: [.v6]
)
