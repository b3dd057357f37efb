import Glibc
import Synchronization

/// Writes log lines; may be called from any thread.
///
/// A line is `name=value` pairs and goes out in one `write(2)`, so lines of several threads never mix. Below the level
/// nothing is formatted. Not for hot paths: a line allocates.
///
///     log.notice("snapshot written", ["snapshot": id, "seconds": 1.25])
public final class Log: Sendable {
  /// The named values of a line, in the order written.
  public typealias Fields = KeyValuePairs<String, any CustomStringConvertible>

  /// What is shared by a log and those made from it with `with(_:)`.
  private final class Core: Sendable {
    let level: Atomic<Int>
    let format: LogFormat
    let sink: @Sendable (String) -> Void

    init(level: LogLevel, format: LogFormat, sink: @escaping @Sendable (String) -> Void) {
      self.level = Atomic(level.priority)
      self.format = format
      self.sink = sink
    }
  }

  private let core: Core
  private let context: [(name: String, value: String)]

  /// A log that gives each line, ending in a line feed, to `sink`, which any thread may call.
  public convenience init(
    level: LogLevel, format: LogFormat = .text, sink: @escaping @Sendable (String) -> Void
  ) {
    self.init(core: Core(level: level, format: format, sink: sink), context: [])
  }

  /// A log that writes to a descriptor, standard error unless given.
  ///
  /// What cannot be written is lost: a full disk under a log must not stop the program.
  public convenience init(level: LogLevel, format: LogFormat, descriptor: Int32 = STDERR_FILENO) {
    self.init(level: level, format: format) { line in
      var line = line
      line.withUTF8 { bytes in
        while Glibc.write(descriptor, bytes.baseAddress, bytes.count) < 0, errno == EINTR {}
      }
    }
  }

  private init(core: Core, context: [(name: String, value: String)]) {
    self.core = core
    self.context = context
  }

  /// A log that drops everything, for tests and for tools that have nothing to say.
  public static let silent = Log(level: .error) { _ in }

  /// Lines below this level are dropped. It may be changed at any time, and changes for every log made from this one.
  public var level: LogLevel {
    get {
      let priority = core.level.load(ordering: .relaxed)
      return LogLevel.allCases.first { $0.priority == priority } ?? .info
    }
    set { core.level.store(newValue.priority, ordering: .relaxed) }
  }

  /// Whether lines of `level` are written.
  public func writes(_ level: LogLevel) -> Bool { level.priority <= core.level.load(ordering: .relaxed) }

  /// A log that adds these fields to every line, after the line's own.
  public func with(_ fields: Fields) -> Log {
    Log(core: core, context: fields.map { (name: $0.key, value: $0.value.description) } + context)
  }

  /// Writes a line of the given level.
  public func write(_ level: LogLevel, _ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:])
  {
    guard writes(level) else { return }
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let own = fields().map { (name: $0.key, value: $0.value.description) }
    core.sink(
      LogLine.text(level: level, message: message(), fields: own + context, format: core.format, time: time))
  }

  /// Writes a line of level `debug`.
  public func debug(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
    write(.debug, message(), fields())
  }

  /// Writes a line of level `info`.
  public func info(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
    write(.info, message(), fields())
  }

  /// Writes a line of level `notice`.
  public func notice(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
    write(.notice, message(), fields())
  }

  /// Writes a line of level `warning`.
  public func warning(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
    write(.warning, message(), fields())
  }

  /// Writes a line of level `error`.
  public func error(_ message: @autoclosure () -> String, _ fields: @autoclosure () -> Fields = [:]) {
    write(.error, message(), fields())
  }
}
