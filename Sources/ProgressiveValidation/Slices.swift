import AttentionalFM

/// The places of an event in the slices, one for each sliced field in its order; the rest stay 0.
public typealias SlicePlaces = SIMD4<UInt16>

/// Progressive validation by the values of a few fields: whole-run sums for each of the first values that come, for all
/// other values together, and for events without one.
///
/// An event's places are found when it comes, its figures are added when it is recorded. Adding allocates nothing.
public struct Slices: Sendable {
  /// How many fields can be sliced: as many as there are places.
  public static let mostFields = SlicePlaces.scalarCount

  /// The place of all values that have none of their own, and that of events without a value.
  static let others = 0
  static let missing = 1

  /// One value of a field.
  struct Value: Equatable, Sendable {
    var hash: UInt64
    /// The value's canonical text; empty where it is not known.
    var text: String
  }

  /// One field.
  struct Field: Equatable, Sendable {
    let name: String
    var values: [Value] = []
    var places: [UInt64: UInt16] = [:]
    /// By place: others, missing, then the values.
    var sums = [MetricSums(), MetricSums()]

    init(name: String) {
      self.name = name
    }

    mutating func append(_ value: Value, _ sum: MetricSums = MetricSums()) {
      places[value.hash] = UInt16(clamping: values.count + 2)
      values.append(value)
      sums.append(sum)
    }
  }

  /// How many values of a field have a place of their own.
  public let valueLimit: Int

  /// The fields, in the order of the places.
  var fields: [Field]

  /// Starts with no value.
  ///
  /// - Parameters:
  ///   - fields: the names of the fields, each once, at most `mostFields`; the rest are left out.
  ///   - valueLimit: values of a field with a place of their own, 1 to 65,000.
  public init(fields: [String], valueLimit: Int) {
    self.fields = fields.prefix(Slices.mostFields).map { Field(name: $0) }
    self.valueLimit = min(max(1, valueLimit), 65_000)
  }

  /// Whether no field is sliced.
  public var isEmpty: Bool { fields.isEmpty }

  /// The names of the fields.
  public var fieldNames: [String] { fields.map(\.name) }

  /// The place of a value, a new one where there is room.
  ///
  /// - Parameters:
  ///   - field: the field's position in `fieldNames`.
  ///   - hash: the hash of the value's feature; nil where the event has no value.
  ///   - text: gives the value's canonical text; called for a new value alone.
  public mutating func place(_ field: Int, of hash: UInt64?, text: () -> String) -> UInt16 {
    guard let hash else { return UInt16(Slices.missing) }
    if let known = fields[field].places[hash] { return known }
    guard fields[field].values.count < valueLimit else { return UInt16(Slices.others) }
    fields[field].append(Value(hash: hash, text: text()))
    return UInt16(clamping: fields[field].values.count + 1)
  }

  /// The place of a value, without a new one: that of all others where it has none of its own.
  ///
  /// - Parameters:
  ///   - field: the field's position in `fieldNames`.
  ///   - hash: the hash of the value's feature; nil where the event has no value.
  public func knownPlace(_ field: Int, of hash: UInt64?) -> UInt16 {
    guard let hash else { return UInt16(Slices.missing) }
    return fields[field].places[hash] ?? UInt16(Slices.others)
  }

  mutating func add(_ event: ScoredEvent, at places: SlicePlaces) {
    for field in fields.indices {
      let place = Int(places[field])
      fields[field].sums[place < fields[field].sums.count ? place : Slices.others].add(event)
    }
  }

  /// What is known of each field and value.
  public func summaries(of loss: Loss) -> [SliceSummary] {
    fields.map { field in
      func figures(_ place: Int) -> ProgressiveSummary? {
        field.sums[place].events > 0 ? field.sums[place].summary(of: loss, auc: nil) : nil
      }
      return SliceSummary(
        field: field.name,
        values: field.values.indices.compactMap { index in
          figures(index + 2).map { figures in
            SliceSummary.Value(text: field.values[index].name, figures: figures)
          }
        },
        others: figures(Slices.others), missing: figures(Slices.missing))
    }
  }
}

extension Slices.Value {
  /// The text, or the hash in hexadecimal where the text is not known.
  fileprivate var name: String { text.isEmpty ? "#" + String(hash, radix: 16) : text }
}

/// What progressive validation says of the values of one field, over the whole run; without the AUC.
public struct SliceSummary: Equatable, Sendable {
  /// One value with its figures.
  public struct Value: Equatable, Sendable {
    /// The value's canonical text; `#` and the hash of its feature where the text is not known.
    public var text: String
    /// The figures over the events with this value.
    public var figures: ProgressiveSummary
  }

  /// The field's name.
  public var field: String
  /// The values that have been recorded, in the order in which they came first.
  public var values: [Value]
  /// All other values together; nil where none was recorded.
  public var others: ProgressiveSummary?
  /// The events without a value; nil where none was recorded.
  public var missing: ProgressiveSummary?
}
