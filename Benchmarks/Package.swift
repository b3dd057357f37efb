// swift-tools-version: 6.2
import PackageDescription

// Measurements of the product, apart from it so that nothing here can become part of it. `make bench` runs them.

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

// The daemon is measured as a program; this product holds the rooms that are measured, or used to measure, directly.
let measured: Target.Dependency = .product(name: "MeasuredRooms", package: "afmd")

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "afmd", path: "..")],
  targets: [
    .target(name: "AllocationCount"),
    .target(name: "CAffinity"),
    .target(name: "CFMAPeak"),
    .target(name: "BenchmarkSupport", dependencies: [measured, "CAffinity"], swiftSettings: strict),
    .executableTarget(name: "ScoreLatency", dependencies: [measured, "BenchmarkSupport"], swiftSettings: strict),
    .executableTarget(
      name: "LearnFlights", dependencies: [measured, "BenchmarkSupport", "AllocationCount"], swiftSettings: strict),
    .executableTarget(
      name: "KernelSpeed", dependencies: [measured, "BenchmarkSupport", "CFMAPeak"], swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx17
)
