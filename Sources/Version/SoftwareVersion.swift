/// Which release of the software this is; the three programs are one release.
public enum SoftwareVersion {
  /// The number, as programs print it and snapshots keep it.
  public static let number = "0.1.0"

  /// The date of the release, as manual pages print it.
  public static let date = "November 24, 2026"
}
