/// The version of the software.
public enum Version {
  /// As programs print it and snapshots keep it.
  public static let current = "0.1.0"
}
