/// One measured number, and how it is to be judged.
public struct Figure: Codable, Equatable, Sendable {
  /// Which way it gets better.
  public enum Better: String, Codable, Sendable {
    /// A cost.
    case lower
    /// An achievement.
    case higher
  }

  /// How it changes from one machine to another.
  public enum Scaling: String, Codable, Sendable {
    /// A duration: half as long on a core twice as fast.
    case time
    /// Something a second: twice as much on a core twice as fast.
    case rate
    /// The same everywhere: a ratio of two figures of the same run, a count, bytes.
    case none
  }

  /// What was measured, in words; unique in its program.
  public var name: String
  /// The number itself, as measured.
  public var value: Double
  /// Its unit, such as "us/event".
  public var unit: String
  /// Which way it gets better.
  public var better: Better
  /// How it changes from one machine to another.
  public var scaling: Scaling
  /// The promise: the worst it may be on the promised core.
  public var limit: Double?
  /// How much worse than the last accepted result it may get, as a share, before it is reported.
  public var tolerance: Double
  /// Among accepted results, the earlier run that measured it, where the last one could not.
  public var earlier: Origin?

  /// The share by which a figure may get worse unless it says otherwise.
  public static let usualTolerance = 0.15

  /// Makes a figure; see its parts.
  public init(
    name: String, value: Double, unit: String, better: Better, scaling: Scaling, limit: Double? = nil,
    tolerance: Double = Figure.usualTolerance, earlier: Origin? = nil
  ) {
    self.name = name
    self.value = value
    self.unit = unit
    self.better = better
    self.scaling = scaling
    self.limit = limit
    self.tolerance = tolerance
    self.earlier = earlier
  }

  /// The value without the machine: durations and rates in rounds of the calibration kernel.
  public func relative(to reference: Reference) -> Double {
    switch scaling {
    case .time: value / reference.calibration
    case .rate: value * reference.calibration
    case .none: value
    }
  }

  /// The value as it would be on the promised core, scaled by the peaks; unscaled where the peak is unknown.
  public func promised(on reference: Reference) -> Double {
    guard reference.peak > 0 else { return value }
    switch scaling {
    case .time: return value * reference.peak / Reference.promisedPeak
    case .rate: return value * Reference.promisedPeak / reference.peak
    case .none: return value
    }
  }

  /// Whether the promise is kept on the promised core; nil where there is none.
  public func keepsPromise(on reference: Reference) -> Bool? {
    guard let limit else { return nil }
    let value = promised(on: reference)
    return better == .lower ? value <= limit : value >= limit
  }
}
