import Foundation

/// Where the threads of a process stand: processor time and how often each gave the processor up, by their names.
public struct ThreadTimes: Sendable {
  /// One thread, or several of one name together.
  public struct Usage: Equatable, Sendable {
    /// Seconds on a processor, in the program and in the kernel; counted in hundredths.
    public var seconds = 0.0
    /// How often the thread waited for something, and so let go of its processor.
    public var voluntarySwitches = 0
    /// How often the processor was taken from it.
    public var involuntarySwitches = 0

    /// Makes a usage of its parts.
    public init(seconds: Double = 0, voluntarySwitches: Int = 0, involuntarySwitches: Int = 0) {
      self.seconds = seconds
      self.voluntarySwitches = voluntarySwitches
      self.involuntarySwitches = involuntarySwitches
    }
  }

  /// The usage of each name.
  public private(set) var byName: [String: Usage] = [:]

  /// Reads the threads that a process has now; those that ended are gone with what they used.
  public init(of process: Int32) {
    let folder = "/proc/\(process)/task"
    for thread in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
      let name = Self.text("\(folder)/\(thread)/comm").trimmingCharacters(in: .whitespacesAndNewlines)
      // The name in parentheses may hold anything; user and system time are the 12th and 13th field behind it.
      let fields = Self.text("\(folder)/\(thread)/stat").split(separator: ")").last?.split(separator: " ") ?? []
      guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { continue }
      var usage = byName[name] ?? Usage()
      usage.seconds += (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
      for line in Self.text("\(folder)/\(thread)/status").split(separator: "\n") {
        guard let count = line.split(separator: "\t").last.flatMap({ Int($0) }) else { continue }
        if line.hasPrefix("voluntary_ctxt_switches") { usage.voluntarySwitches += count }
        if line.hasPrefix("nonvoluntary_ctxt_switches") { usage.involuntarySwitches += count }
      }
      byName[name] = usage
    }
  }

  /// What was used since an earlier reading of the same process.
  public func since(_ earlier: ThreadTimes) -> [String: Usage] {
    byName.reduce(into: [:]) { result, entry in
      let before = earlier.byName[entry.key] ?? Usage()
      result[entry.key] = Usage(
        seconds: entry.value.seconds - before.seconds,
        voluntarySwitches: entry.value.voluntarySwitches - before.voluntarySwitches,
        involuntarySwitches: entry.value.involuntarySwitches - before.involuntarySwitches)
    }
  }

  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }
}
