import AttentionalFM
import CommandTable
import Configuration
import FeatureEncoding
import Fitting
import Foundation
import Version

extension FitSettings {
  /// What a command line and the settings file it names ask for.
  ///
  /// - Throws: exit code 64 where options exclude each other, 65 where the settings file is wrong.
  init(_ arguments: Arguments) throws(Failure) {
    if arguments.flag("shuffle"), arguments.flag("no-shuffle") {
      throw Failure(.usage, "--shuffle and --no-shuffle exclude each other")
    }
    if arguments.flag("keep-accumulators"), arguments.value("start-from") == nil {
      throw Failure(.usage, "--keep-accumulators needs --start-from: it says what is taken from that snapshot")
    }
    let daemon: DaemonSettings
    do throws(ConfigurationProblems) {
      daemon = try DaemonSettings.load(
        path: arguments.value("config") ?? "/etc/afmd.yaml", environment: ProcessInfo.processInfo.environment)
    } catch {
      throw Failure(.badData, error.description)
    }
    guard daemon.negativeSampling == nil else {
      throw Failure(
        .badData,
        "learning.negative_sampling.field is set: negatives are drawn for a stream, by the daemon; files are fitted as "
          + "they are, with their negatives in them")
    }
    self.init(
      model: daemon.model, schema: daemon.schema,
      format: arguments.value("format").flatMap { RecordFormat(rawValue: $0) } ?? daemon.source.format,
      software: "afmd \(SoftwareVersion.number)", windowSize: daemon.progressiveValidation.windowSize,
      trainingFiles: arguments.values("train-file"), output: arguments.value("output") ?? ".")
    validationFiles = arguments.values("validation")
    testFiles = arguments.values("test")
    judgedFiles = arguments.values("judge")
    epochs = arguments.integer("epochs") ?? 1
    batchSize = arguments.integer("batch") ?? 1
    shuffles = arguments.flag("shuffle") || (epochs > 1 && !arguments.flag("no-shuffle"))
    patience = arguments.integer("patience")
    trained = arguments.value("train").flatMap { TrainedParameters(rawValue: $0) } ?? .all
    start = arguments.value("start-from").map {
      Start(path: $0, keepsAccumulators: arguments.flag("keep-accumulators"))
    }
    resumes = arguments.flag("resume")
    memoryLimit = (arguments.integer("memory") ?? 4096) << 20
  }
}
