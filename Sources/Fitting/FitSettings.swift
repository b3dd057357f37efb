import AttentionalFM
import FeatureEncoding

/// What is fitted, from what, and how.
public struct FitSettings: Sendable {
  /// Where a model's parameters are taken from.
  public struct Start: Equatable, Sendable {
    /// A snapshot's directory, or a state directory, whose current snapshot is meant.
    public var path: String
    /// Whether Adagrad's sums are taken too.
    public var keepsAccumulators: Bool

    /// Makes a start.
    public init(path: String, keepsAccumulators: Bool = false) {
      self.path = path
      self.keepsAccumulators = keepsAccumulators
    }
  }

  /// The form of the model and how it learns.
  public var model: ModelConfiguration
  /// How an event becomes features.
  public var schema: Schema
  /// How the lines of the files are written.
  public var format: RecordFormat
  /// The version of the software, as snapshots carry it.
  public var software: String
  /// Events in a window of progressive validation.
  public var windowSize: Int
  /// The files to learn, in this order.
  public var trainingFiles: [String]
  /// The files that tell when to stop, and which epoch is best.
  public var validationFiles: [String] = []
  /// The files that the best epoch is judged by at the end.
  public var testFiles: [String] = []
  /// The files that every epoch is judged by as well; they decide nothing.
  public var judgedFiles: [String] = []
  /// The state directory that takes the snapshot.
  public var output: String
  /// How often the training files are learned at most.
  public var epochs = 1
  /// Events whose gradients are summed for one step.
  public var batchSize = 1
  /// Whether every epoch has an order of its own, rather than that of the files.
  public var shuffles = false
  /// How many epochs without a better validation loss end it; nil for no such end.
  public var patience: Int?
  /// Which parameters move.
  public var trained = TrainedParameters.all
  /// What the model starts from; nil for a fresh one.
  public var start: Start?
  /// Whether an interrupted run goes on.
  public var resumes = false
  /// How many bytes of encoded events are kept in memory for later passes, in all.
  public var memoryLimit = 4 << 30

  /// Makes settings of one pass in the files' order, event by event, as the daemon would learn them.
  public init(
    model: ModelConfiguration, schema: Schema, format: RecordFormat, software: String, windowSize: Int,
    trainingFiles: [String], output: String
  ) {
    self.model = model
    self.schema = schema
    self.format = format
    self.software = software
    self.windowSize = windowSize
    self.trainingFiles = trainingFiles
    self.output = output
  }

  /// What must be the same where a run goes on.
  var course: FitCourse {
    FitCourse(
      model: model, schemaFingerprint: schema.fingerprint, format: format.rawValue, trainingFiles: trainingFiles,
      validationFiles: validationFiles, batchSize: batchSize, shuffles: shuffles, trained: trained.rawValue,
      start: start?.path, keepsAccumulators: start?.keepsAccumulators ?? false, windowSize: windowSize)
  }
}

/// Everything that decides what an epoch does: kept with every epoch, compared where a run goes on.
struct FitCourse: Codable, Equatable, Sendable {
  var model: ModelConfiguration
  var schemaFingerprint: String
  var format: String
  var trainingFiles: [String]
  var validationFiles: [String]
  var batchSize: Int
  var shuffles: Bool
  var trained: String
  var start: String?
  var keepsAccumulators: Bool
  var windowSize: Int

  /// What differs, in words.
  func differences(from other: FitCourse) -> [String] {
    var found: [String] = []
    func compare(_ name: String, _ isEqual: Bool) {
      if !isEqual { found.append(name) }
    }
    compare("the learning settings", model == other.model && windowSize == other.windowSize)
    compare("the schema", schemaFingerprint == other.schemaFingerprint)
    compare("the format", format == other.format)
    compare("the training files", trainingFiles == other.trainingFiles)
    compare("the validation files", validationFiles == other.validationFiles)
    compare("the batch size", batchSize == other.batchSize)
    compare("shuffling", shuffles == other.shuffles)
    compare("what is trained", trained == other.trained)
    compare("the start", start == other.start && keepsAccumulators == other.keepsAccumulators)
    return found
  }
}
