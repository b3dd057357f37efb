/// How a file of lines is read.
public struct FileSourceSettings: Equatable, Sendable {
  /// The file's path.
  public var path: String

  /// Whether to wait for more at the file's end, and to go on in its successor where it is rotated. Plain files only.
  public var follows: Bool

  /// The longest line, in bytes, that is delivered whole.
  public var maximumRecordBytes: Int

  /// Where a fresh start without a saved position begins; `refuse` counts as `earliest`.
  public var startsAt: MissingPositionPolicy

  /// Makes settings.
  public init(
    path: String, follows: Bool = false, maximumRecordBytes: Int = 1 << 20, startsAt: MissingPositionPolicy = .earliest
  ) {
    self.path = path
    self.follows = follows
    self.maximumRecordBytes = maximumRecordBytes
    self.startsAt = startsAt
  }
}
