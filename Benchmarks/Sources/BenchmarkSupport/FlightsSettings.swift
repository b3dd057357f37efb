/// The daemon's settings for the flights: nine categorical fields, everything else at its default.
public enum FlightsSettings {
  /// The nine fields as entries of `schema.features`, as YAML in lines that are indented by four.
  public static let features = """
        - {name: date, path: time, kind: time, part: date}
        - {name: day_of_week, path: time, kind: time, part: day_of_week}
        - {name: hour, path: time, kind: time, part: hour}
        - carrier
        - flight
        - tailnum
        - origin
        - dest
        - {name: distance, kind: numeric, transform: bucket_width, width: 250}
    """

  /// The settings file of a daemon that learns a file and keeps everything in one folder.
  ///
  /// - Parameters:
  ///   - folder: where state and sockets lie.
  ///   - flights: the path of the file.
  ///   - kind: the model's kind: afm, fm or linear.
  ///   - more: further sections, as YAML from the first column.
  public static func text(folder: String, flights: String, kind: String = "afm", more: String = "") -> String {
    text(folder: folder, source: "source:\n  kind: file\n  file: {path: \(flights)}", kind: kind, more: more)
  }

  /// The same with any source.
  ///
  /// - Parameters:
  ///   - folder: where state and sockets lie.
  ///   - source: the section `source`, as YAML from the first column.
  ///   - kind: the model's kind: afm, fm or linear.
  ///   - more: further sections, as YAML from the first column.
  public static func text(folder: String, source: String, kind: String = "afm", more: String = "") -> String {
    """
    state_directory: \(folder)/state
    \(source)
    schema:
      time: {path: time}
      features:
    \(features)
    learning: {kind: \(kind)}
    snapshots: {every: null}
    sockets:
      score: {path: \(folder)/score.sock}
      control: {path: \(folder)/control.sock}
    \(more)
    """
  }
}
