/// How a file of lines is read.
public struct FileSourceSettings: Sendable {
  /// The file's path.
  public var path: String

  /// Whether to wait for more at the file's end, and to go on in its successor where it is rotated. Plain files only.
  public var follows: Bool

  /// How long a file that was rotated away must not have grown before its successor is begun: its writer may not have
  /// noticed yet.
  public var quietMilliseconds: Int64

  /// The longest line, in bytes, that is delivered whole.
  public var maximumRecordBytes: Int

  /// Where a fresh start without a saved position begins; `refuse` counts as `earliest`.
  public var startsAt: MissingPositionPolicy

  /// Whether the path may name a pipe or another stream, which is read once from its beginning and has no position that
  /// could be sought.
  public var takesStreams: Bool

  /// The time it goes by.
  public var clock: FileClock

  /// Makes settings.
  public init(
    path: String, follows: Bool = false, quietMilliseconds: Int64 = 5000, maximumRecordBytes: Int = 1 << 20,
    startsAt: MissingPositionPolicy = .earliest, takesStreams: Bool = false, clock: FileClock = .system
  ) {
    self.path = path
    self.follows = follows
    self.quietMilliseconds = quietMilliseconds
    self.maximumRecordBytes = maximumRecordBytes
    self.startsAt = startsAt
    self.takesStreams = takesStreams
    self.clock = clock
  }
}
