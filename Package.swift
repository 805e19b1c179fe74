// swift-tools-version: 6.2
import PackageDescription

/// The library's settings. The tests and examples use the defaults of the Swift 6 mode.
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

/// On the simulated machine of ScheduleTests, the library's sources must mean the same as in the library.
let simulated: [SwiftSetting] = [
  .enableUpcomingFeature("ImmutableWeakCaptures"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  // The simulator lends an asynchronous closure to another thread while the first stands still, which the
  // compiler cannot know.
  .swiftLanguageMode(.v5),
  // Three to four times as many schedules in the same time.
  .unsafeFlags(["-O"]),
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
    // The rules as a sequential barrier, with which histories are compared.
    .target(name: "BarrierModel", path: "Tests/BarrierModel"),
    // Interpose the C library, to make its calls fail and to count them.
    .target(name: "CFaults", path: "Tests/CFaults"),
    .target(name: "CCounters", dependencies: ["CFaults"], path: "Tests/CCounters"),
    .target(name: "CDarwinMonitor", dependencies: ["CBarriers"], path: "Tests/CDarwinMonitor"),
    .testTarget(
      name: "BarriersTests",
      dependencies: ["BarrierModel", "Barriers", "CBarriers", "CCounters", "CDarwinMonitor", "CFaults"]),
    // The code samples of the documentation.
    .testTarget(name: "DocumentationTests", dependencies: ["Barriers"]),
    // The library's sources again, on a simulated machine that decides which thread runs.
    .testTarget(
      name: "ScheduleTests", dependencies: ["BarrierModel", "CBarriers"],
      exclude: ["LibrarySources/Barriers.docc", "LibrarySources/Adaptive/TuningCache.swift"],
      swiftSettings: simulated),
  ],
  swiftLanguageModes: [.v6]
)
