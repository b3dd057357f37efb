/// The daemon's settings for the flights: nine categorical fields, everything else at its default.
public enum FlightsSettings {
  /// The settings file of a daemon that keeps everything in one folder.
  ///
  /// - Parameter kind: the model's kind: afm, fm or linear.
  public static func text(folder: String, flights: String, kind: String = "afm") -> String {
    """
    state_directory: \(folder)/state
    source:
      kind: file
      file: {path: \(flights)}
    schema:
      time: {path: time}
      features:
        - {name: date, path: time, kind: time, part: date}
        - {name: day_of_week, path: time, kind: time, part: day_of_week}
        - {name: hour, path: time, kind: time, part: hour}
        - carrier
        - flight
        - tailnum
        - origin
        - dest
        - {name: distance, kind: numeric, transform: bucket_width, width: 250}
    learning: {kind: \(kind)}
    snapshots: {every: null}
    sockets:
      score: {path: \(folder)/score.sock}
      control: {path: \(folder)/control.sock}
    """
  }
}
