import Foundation
import TestSupport

/// How long the long runs are. `make soak` sets AFM_SOAK; without it each takes its short form.
enum Soak {
  /// Whether the long forms are wanted.
  static let isLong = Environment.value(of: "AFM_SOAK") != nil

  /// How long the random run goes on, in seconds: AFM_SOAK_SECONDS, else half an hour, or half a minute.
  static let seconds = Environment.value(of: "AFM_SOAK_SECONDS").flatMap(Double.init) ?? (isLong ? 1800 : 24)

  /// How often a rollback of each kind is killed at a random moment: AFM_SOAK_KILLS, else 25, or once.
  static let kills = Environment.value(of: "AFM_SOAK_KILLS").flatMap(Int.init) ?? (isLong ? 25 : 1)

  /// The number of partitions of the topic that rollbacks are killed over: AFM_SOAK_PARTITIONS, else several in turn.
  static let partitions = Environment.value(of: "AFM_SOAK_PARTITIONS").flatMap { Int32($0) }

  /// How many damages are done: AFM_SOAK_DAMAGES, else 3,000, or 100.
  static let damages = Environment.value(of: "AFM_SOAK_DAMAGES").flatMap(Int.init) ?? (isLong ? 3000 : 100)

  /// AFM_SOAK_SEED, else one that nobody chose.
  static let seed = Environment.value(of: "AFM_SOAK_SEED").flatMap(UInt64.init) ?? UInt64.random(in: 1...999_999)

  /// The troubles of the random run, by name and separated by commas: AFM_SOAK_ONLY, else all. Without `rollback` none is
  /// asked for while others happen either.
  static let only = Environment.value(of: "AFM_SOAK_ONLY").map { Set($0.split(separator: ",").map(String.init)) }

  /// The one source of the random run, `file` or `kafka`: AFM_SOAK_SOURCE, else both in turn.
  static let source = Environment.value(of: "AFM_SOAK_SOURCE")

  /// Whether a trouble of that name is wanted.
  static func wants(_ trouble: String) -> Bool { only?.contains(trouble) ?? true }

  /// Where what failed is kept: AFM_SOAK_FAILURES, else beside the system's temporary files.
  static let failures = Environment.value(of: "AFM_SOAK_FAILURES") ?? NSTemporaryDirectory() + "afm-soak-failures"

  /// A small table, and threads that do not wait for whatever else the machine does.
  static let settings = "learning: {table: {slots: 65536}}\nthreads: {learner_nice: 0, ingest_nice: 0}"

  /// The folders of the librdkafka to run with; nil is the system's own.
  static var libraries: [String?] {
    [nil] + (Environment.value(of: "AFM_CURRENT_LIBRDKAFKA").map { [$0] } ?? [])
  }
}
