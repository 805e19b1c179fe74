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

/// The library's sources, on the machine of ScheduleTests, mean what they mean in the library.
let simulated: [SwiftSetting] = [
  .enableUpcomingFeature("ImmutableWeakCaptures"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  // The machine lends an asynchronous closure to another, of which the compiler cannot know that only one thread runs.
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
    // The rules, to hold what was seen against.
    .target(name: "BarrierModel", path: "Tests/BarrierModel"),
    // What stands in front of the C library, to make it fail and to count.
    .target(name: "CFaults", path: "Tests/CFaults"),
    .target(name: "CCounters", dependencies: ["CFaults"], path: "Tests/CCounters"),
    .target(name: "CDarwinMonitor", dependencies: ["CBarriers"], path: "Tests/CDarwinMonitor"),
    .testTarget(
      name: "BarriersTests",
      dependencies: ["BarrierModel", "Barriers", "CBarriers", "CCounters", "CDarwinMonitor", "CFaults"]),
    // The samples of the documentation.
    .testTarget(name: "DocumentationTests", dependencies: ["Barriers"]),
    // The library's sources once more, on a machine that decides which thread goes on.
    .testTarget(
      name: "ScheduleTests", dependencies: ["BarrierModel", "CBarriers"],
      exclude: ["LibrarySources/Barriers.docc", "LibrarySources/Adaptive/TuningCache.swift"],
      swiftSettings: simulated),
  ],
  swiftLanguageModes: [.v6]
)
