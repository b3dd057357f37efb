/// Which parameters of a model learning moves.
public enum TrainedParameters: String, CaseIterable, Sendable {
  /// All of them.
  case all
  /// The attention network and the field-pair prior (`W`, `b`, `h` and `r`); `w0`, `w`, `v` and `p` stay as they are, and
  /// features that are unknown stay so.
  case attention
}
