import FeatureEncoding

/// Why a record was not learned: it could not be decoded, or the model refused it.
public enum RejectedFor: Hashable, Sendable {
  /// The record could not be decoded.
  case decoding(RejectionReason)
  /// A gradient of the event, or its square, was not finite.
  case notFiniteGradient

  /// The reason's name: the label of the metric, the name in snapshots, quarantine and dead letters.
  public var name: String {
    switch self {
    case .decoding(let reason): reason.rawValue
    case .notFiniteGradient: "not_finite_gradient"
    }
  }

  /// Every reason there is, in the order of the counts.
  public static let allCases: [RejectedFor] = RejectionReason.allCases.map(RejectedFor.decoding) + [.notFiniteGradient]
}

/// How many records were rejected for which reason: exact, and part of every snapshot.
public struct RejectionTally: Equatable, Sendable {
  private var counts = [UInt64](repeating: 0, count: RejectedFor.allCases.count)

  /// Starts with nothing rejected.
  public init() {}

  /// The number of records rejected for a reason.
  public subscript(reason: RejectedFor) -> UInt64 {
    get { counts[RejectionTally.place(of: reason)] }
    set { counts[RejectionTally.place(of: reason)] = newValue }
  }

  /// The number of records rejected for any reason.
  public var total: UInt64 { counts.reduce(0, &+) }

  /// The counts that are not 0, by the reasons' names.
  public var byName: [String: UInt64] {
    var result: [String: UInt64] = [:]
    for (reason, count) in zip(RejectedFor.allCases, counts) where count > 0 { result[reason.name] = count }
    return result
  }

  private static func place(of reason: RejectedFor) -> Int {
    switch reason {
    case .decoding(let reason): places[reason] ?? 0
    case .notFiniteGradient: RejectionReason.allCases.count
    }
  }

  private static let places = Dictionary(
    uniqueKeysWithValues: RejectionReason.allCases.enumerated().map { ($1, $0) })
}
