// swift-tools-version: 6.2
import PackageDescription

// Measurements of the product, apart from it so that nothing here can become part of it. `make bench` runs them.

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

// The daemon is measured as a program; this product holds the rooms that are measured, or used to measure, directly.
let measured: Target.Dependency = .product(name: "MeasuredRooms", package: "afmd")

/// A benchmark program in `Sources/NAME`; `make bench` runs every one that stands here.
func benchmark(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .executableTarget(name: name, dependencies: [measured, "BenchmarkSupport"] + dependencies, swiftSettings: strict)
}

/// A program in `Sources/NAME` that measures what is learned, not how fast: `make learning` runs it, `make bench` does not.
func accuracy(_ name: String) -> Target {
  .executableTarget(name: name, dependencies: [measured, "BenchmarkSupport"], swiftSettings: strict)
}

let benchmarks: [Target] = [
  benchmark("GrowthTable"),
  benchmark("IngestSpeed", ["AllocationCount"]),
  benchmark("KafkaLearning"),
  benchmark("KernelSpeed", ["CFMAPeak"]),
  benchmark("LearnFlights", ["AllocationCount"]),
  benchmark("LearningStep"),
  benchmark("RankSpeed"),
  benchmark("SnapshotSpeed"),
  benchmark("SocketSpeed"),
  benchmark("TableMemory"),
  benchmark("VowpalWabbit"),
  accuracy("ImplicitFeedback"),
  accuracy("OnePass"),
]

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "afmd", path: "..")],
  targets: benchmarks + [
    .target(name: "AllocationCount"),
    .target(name: "CAffinity"),
    .target(name: "CCalibration"),
    .target(name: "CFMAPeak"),
    .target(
      name: "BenchmarkSupport", dependencies: [measured, "CAffinity", "CCalibration", "CFMAPeak"],
      swiftSettings: strict),
    .executableTarget(name: "CompareFigures", dependencies: ["BenchmarkSupport"], swiftSettings: strict),
    .testTarget(name: "BenchmarkSupportTests", dependencies: ["BenchmarkSupport"], swiftSettings: strict),
  ],
  cxxLanguageStandard: .cxx17
)
