// swift-tools-version: 6.2
import PackageDescription

// One target a room. Rows are numbered as in Docs/Decisions.md: a room imports only rooms of lower rows.

let strict: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: name + "Tests",
    dependencies: [.target(name: name), "TestSupport"] + dependencies,
    exclude: exclude,
    swiftSettings: strict)
}

let systemLibraries: [Target] = [
  .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
  .systemLibrary(name: "CLibUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
  .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
  .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
  .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  .systemLibrary(name: "CLZMA", pkgConfig: "liblzma", providers: [.apt(["liblzma-dev"])]),
  .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
]

let row0: [Target] = [
  .target(name: "CAFMKernels", exclude: ["Body"]),
  .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
  .target(name: "CRdKafkaSupport", dependencies: ["CRdKafka"]),
  .target(name: "CSystem"),
  room("Features"),
  room("Version"),
  room("Threads", ["CSystem"]),
  room("JSONReading", ["CSimdJSON"]),
  room("Spelling"),
]

let row1: [Target] = [
  room("AttentionalFM", ["CAFMKernels", "Features"]),
  room("FeatureEncoding", ["Features", "JSONReading", "CXXHash"]),
  room("Kafka", ["CRdKafka", "CRdKafkaSupport", "Threads"]),
  room("DurableFiles", ["CSystem", "CXXHash", "Threads"]),
  room("Compression", ["CZlib", "CLZMA", "CZstd"]),
  room("Observability", ["Threads", "CSystem"]),
  room("EventLoop", ["CLibUV", "CSystem", "Threads"]),
  room("HTTP"),
  room("YAML", ["CLibYAML", "Spelling"]),
  room("CommandTable", ["Spelling"]),
  room("Supervision", ["CSystem"]),
]

let row2: [Target] = [
  room("LiveModel", ["AttentionalFM", "CAFMKernels", "Features", "Threads"]),
  room(
    "EventSources", ["Kafka", "Compression", "DurableFiles", "Threads", "CSystem", "CXXHash", "Observability"]),
  room("ScoringAPI", ["JSONReading", "Features"]),
  room("ProgressiveValidation", ["AttentionalFM"]),
  room("NegativeSampling", ["AttentionalFM", "Features"]),
  room("Configuration", ["YAML", "AttentionalFM", "FeatureEncoding", "Features", "Observability"]),
]

let row3: [Target] = [
  room(
    "SnapshotStore",
    [
      "AttentionalFM", "LiveModel", "EventSources", "ProgressiveValidation", "DurableFiles", "CXXHash", "Features",
      "Threads",
    ]),
  room("ScoringClient", ["HTTP", "ScoringAPI", "JSONReading", "CSystem"]),
  room("LoadGeneration", ["HTTP", "FeatureEncoding", "JSONReading", "CSystem"]),
]

let row4: [Target] = [
  room(
    "ScoringServer",
    [
      "EventLoop", "HTTP", "ScoringAPI", "LiveModel", "AttentionalFM", "FeatureEncoding", "Features", "JSONReading",
      "Observability", "CSystem", "Threads",
    ]),
  room(
    "Learning",
    [
      "EventSources", "FeatureEncoding", "Features", "JSONReading", "LiveModel", "AttentionalFM",
      "NegativeSampling", "ProgressiveValidation", "SnapshotStore", "DurableFiles", "Threads", "Observability",
    ]),
]

let row5: [Target] = [
  room(
    "Daemon",
    [
      "Learning", "NegativeSampling", "ScoringServer", "SnapshotStore", "ScoringAPI", "Configuration", "EventSources",
      "Kafka", "LiveModel",
      "AttentionalFM", "FeatureEncoding", "Features", "JSONReading", "ProgressiveValidation", "Observability",
      "Supervision", "EventLoop", "DurableFiles", "Threads", "CSystem", "Version",
    ]),
  room(
    "Fitting",
    [
      "Learning", "SnapshotStore", "EventSources", "AttentionalFM", "FeatureEncoding", "Features",
      "ProgressiveValidation",
    ]),
]

let row6: [Target] = [
  program("afmd", ["Daemon", "CommandTable", "Configuration", "Version"]),
  program(
    "afmctl",
    [
      "CommandTable", "ScoringClient", "ScoringAPI", "SnapshotStore", "Configuration", "Kafka", "EventSources",
      "Compression", "JSONReading", "FeatureEncoding", "LoadGeneration", "YAML", "CSystem", "Version", "Fitting",
      "AttentionalFM", "ProgressiveValidation",
    ]),
  program("afm-broker", ["CommandTable", "Kafka", "CSystem", "Version"]),
]

let testTargets: [Target] = [
  .target(name: "TestSupport", dependencies: ["DurableFiles"], path: "Tests/TestSupport", swiftSettings: strict),
  tests(of: "Features"),
  tests(of: "Threads"),
  tests(of: "JSONReading"),
  tests(of: "AttentionalFM", ["CAFMKernels", "Features"], exclude: ["Golden"]),
  tests(of: "FeatureEncoding", ["Features", "JSONReading"]),
  tests(of: "Kafka", ["Threads"]),
  tests(of: "DurableFiles"),
  tests(of: "Compression"),
  tests(of: "Observability", ["Threads"]),
  tests(of: "EventLoop", ["Threads"]),
  tests(of: "HTTP"),
  tests(of: "Spelling"),
  tests(of: "YAML"),
  tests(of: "CommandTable"),
  tests(of: "Supervision"),
  tests(of: "LiveModel", ["AttentionalFM", "CAFMKernels", "Features", "Threads"]),
  tests(of: "EventSources", ["Kafka", "DurableFiles", "Compression", "Threads"]),
  tests(of: "ScoringAPI", ["JSONReading", "Features"]),
  tests(of: "ProgressiveValidation", ["AttentionalFM"]),
  tests(of: "NegativeSampling", ["AttentionalFM", "Features"]),
  tests(of: "Configuration", ["YAML", "AttentionalFM", "FeatureEncoding"]),
  tests(
    of: "SnapshotStore",
    ["AttentionalFM", "LiveModel", "EventSources", "ProgressiveValidation", "DurableFiles", "Features"]),
  tests(of: "ScoringClient", ["ScoringAPI"]),
  tests(of: "LoadGeneration", ["FeatureEncoding", "JSONReading"]),
  tests(
    of: "ScoringServer",
    [
      "EventLoop", "ScoringAPI", "LiveModel", "AttentionalFM", "FeatureEncoding", "Observability", "Features",
      "ScoringClient", "Threads", "YAML",
    ]),
  tests(
    of: "Learning",
    [
      "EventSources", "FeatureEncoding", "Features", "LiveModel", "AttentionalFM", "NegativeSampling",
      "ProgressiveValidation", "SnapshotStore", "DurableFiles", "Threads", "Observability",
    ]),
  tests(
    of: "Fitting",
    [
      "AttentionalFM", "EventSources", "FeatureEncoding", "Features", "Learning", "LiveModel", "Observability",
      "SnapshotStore",
    ]),
  tests(of: "Daemon", ["AttentionalFM", "Configuration", "EventSources", "Learning", "ScoringAPI"]),
  tests(of: "afmctl", ["ScoringAPI", "CommandTable", "SnapshotStore", "AttentionalFM", "LiveModel", "Features"]),
  .testTarget(
    name: "EndToEndTests", dependencies: ["TestSupport", "EventSources", "Kafka"], swiftSettings: strict),
]

let package = Package(
  name: "afmd",
  products: [
    .executable(name: "afmd", targets: ["afmd"]),
    .executable(name: "afmctl", targets: ["afmctl"]),
    .executable(name: "afm-broker", targets: ["afm-broker"]),
    .library(name: "AttentionalFM", targets: ["AttentionalFM"]),
    .library(name: "FeatureEncoding", targets: ["FeatureEncoding"]),
    .library(
      name: "MeasuredRooms",
      targets: [
        "LiveModel", "NegativeSampling", "ProgressiveValidation", "Configuration", "Compression", "EventLoop",
        "EventSources", "Learning",
      ]),
  ],
  targets: systemLibraries + row0 + row1 + row2 + row3 + row4 + row5 + row6 + testTargets,
  cxxLanguageStandard: .cxx17
)
