import AttentionalFM
import FeatureEncoding
import Features
import NegativeSampling

/// Makes the events that negatives stand for: a positive event with the value of one field drawn, and with what goes
/// with that value. Keeps them in one list, the positive first.
///
/// Used on the learner's thread alone; allocates nothing once lists have grown.
final class SampledEvents {
  let settings: NegativeSamplingSettings

  /// The features of the event at hand and of the alternatives to it, and where those of each stand.
  private(set) var features: [Feature] = []
  private(set) var alternatives: [Range<Int>] = []

  /// Those of the event's features that a negative does not have.
  private(set) var values: [Feature] = []

  private let field: UInt16
  private let user: UInt16?
  private let replacement: FeatureReplacement

  /// Nil where there is no such field.
  init?(_ settings: NegativeSamplingSettings, _ schema: Schema) {
    func position(_ name: String) -> UInt16? {
      schema.features.firstIndex { $0.name == name }.map { UInt16(truncatingIfNeeded: $0) }
    }
    guard let field = position(settings.field) else { return nil }
    self.settings = settings
    self.field = field
    user = settings.user.flatMap(position)
    replacement = FeatureReplacement(schema, replacing: [settings.field] + settings.companions)
  }

  /// The hash of an event's value; nil where it has none.
  func value(of event: UnsafeBufferPointer<Feature>) -> UInt64? {
    event.first { $0.field == field }?.hash
  }

  /// The hash of an event's user; nil where it names none.
  func user(of event: UnsafeBufferPointer<Feature>) -> UInt64? {
    user.flatMap { user in event.first { $0.field == user }?.hash }
  }

  /// Begins with an event as its own first alternative.
  func begin(_ event: UnsafeBufferPointer<Feature>) {
    features.removeAll(keepingCapacity: true)
    alternatives.removeAll(keepingCapacity: true)
    features.append(contentsOf: event)
    alternatives.append(0..<features.count)
    replacement.collect(event, into: &values)
  }

  /// Forgets all alternatives but the event itself.
  func keepEvent() {
    guard let event = alternatives.first else { return }
    features.removeLast(features.count - event.upperBound)
    alternatives.removeLast(alternatives.count - 1)
  }

  /// Appends the alternative that has other values.
  func append(_ event: UnsafeBufferPointer<Feature>, with values: [Feature]) {
    let start = features.count
    replacement.replace(in: event, by: values, into: &features)
    alternatives.append(start..<features.count)
  }
}
