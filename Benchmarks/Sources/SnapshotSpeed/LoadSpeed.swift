// Unsafe memory: a mapping is written within its length and unmapped in the same function.
import AttentionalFM
import BenchmarkSupport
import Foundation
import SnapshotStore

/// How long a start takes to read a snapshot, part by part.
struct LoadSpeed {
  var verifying: Double
  var restoring: Double
  var bytes: Double

  /// All of it, in bytes a second.
  var rate: Double { bytes / (verifying + restoring) }

  init(_ archive: SnapshotArchive, _ id: UInt64, _ configuration: ModelConfiguration) throws {
    let start = Clock.monotonic
    let snapshot = try archive.load(id)
    let verified = Clock.monotonic
    let model = try Model(configuration: configuration)
    try snapshot.restore(into: model)
    let end = Clock.monotonic
    verifying = Double(verified - start) / 1e9
    restoring = Double(end - verified) / 1e9
    bytes = Double(snapshot.manifest.totalSize)
  }

  /// How fast the machine gives memory that nobody had before, in bytes a second: what no reader can beat.
  static func freshMemory(bytes: Int) -> Double {
    guard let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED
    else { return .nan }
    defer { munmap(memory, bytes) }
    madvise(memory, bytes, 14)  // MADV_HUGEPAGE, as the table asks for
    let start = Clock.monotonic
    memset(memory, 1, bytes)
    return Double(bytes) / Double(Clock.monotonic - start) * 1e9
  }
}
