import Features
import ProgressiveValidation

/// An event that waits for its label to be known: the label itself, what else learning it takes, and what the model
/// said of it when it came. Its features are kept beside it.
struct WaitingEvent: SlabElement, Equatable {
  /// Stands for no event time.
  static let noTime = Int64.min

  /// Milliseconds since 1970; `noTime` where the event carries none.
  var eventTime = WaitingEvent.noTime
  /// Where the record came from.
  var offset: Int64 = 0
  var partition: Int32 = 0

  var label: Float = 0
  var importance: Float = 1
  /// The raw score that was served; not a number where the event carries none.
  var servedScore = Float.nan

  /// The prediction made when the event came: the raw score, what it was calibrated to, the normalised attention entropy
  /// (not a number with fewer than two pairs), the features the model knew and those it did not.
  var raw: Float = 0
  var calibrated: Float = 0
  var entropy = Float.nan
  var known: UInt16 = 0
  var unknown: UInt16 = 0

  /// What thinning adds to the log-odds of the stream.
  var thinning: Float = 0

  /// Where the event stands in the slices of progressive validation.
  var places = SlicePlaces()

  /// How many features it has, and the place of the first block of them.
  var featureCount: UInt32 = 0
  var link = Slab<FeatureBlock>.nowhere
}

/// Four features of a waiting event: 64 bytes.
struct FeatureBlock: SlabElement {
  static let size = 4

  private var hashes = SIMD4<UInt64>()
  private var values = SIMD4<Float>()
  private var fields = SIMD4<UInt16>()
  var link = Slab<FeatureBlock>.nowhere

  /// One of the features.
  subscript(index: Int) -> Feature {
    get { Feature(hash: hashes[index], value: values[index], field: fields[index]) }
    set {
      hashes[index] = newValue.hash
      values[index] = newValue.value
      fields[index] = newValue.field
    }
  }
}
