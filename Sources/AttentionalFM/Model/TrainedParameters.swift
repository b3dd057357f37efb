/// Which parameters of a model learning moves.
public enum TrainedParameters: String, CaseIterable, Sendable {
  /// All of them.
  case all
  /// The attention network and what is learned for each pair of fields (`W`, `b`, `h`, `r` and `m`); `w0`, `w`, `v` and
  /// `p` stay as they are, and features that are unknown stay so.
  case attention
}
