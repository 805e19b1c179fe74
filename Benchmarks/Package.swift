// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of the library fetch nothing of what the benchmarks need.
let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "swift-barriers", path: "../"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
  ],
  targets: [
    .target(name: "CxxPeers"),
    .executableTarget(
      name: "compare",
      dependencies: [
        "CxxPeers",
        .product(name: "Barriers", package: "swift-barriers"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      resources: [.copy("Foreign")]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)
