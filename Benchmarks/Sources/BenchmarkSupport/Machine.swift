import CAffinity
import Foundation
import Glibc

/// What the measuring machine is, and how much of it others took meanwhile.
public enum Machine {
  /// The processor's name and the number of its logical cores.
  public static var description: String {
    let model = text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }?
      .split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
    return "\(model ?? "unknown processor"), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) logical cores"
  }

  /// The mean number of runnable tasks over 1, 5 and 15 minutes.
  public static var load: String {
    text("/proc/loadavg").split(separator: " ").prefix(3).joined(separator: " ")
  }

  /// Processor time in seconds that a process has used, all its threads together.
  public static func processorSeconds(of process: Int32) -> Double {
    ticksUsed("/proc/\(process)/stat")
  }

  private static func ticksUsed(_ path: String) -> Double {
    // The name in parentheses may hold anything; user and system time are the 12th and 13th field behind it.
    let fields = text(path).split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return .nan }
    return (user + system) / ticks
  }

  /// Processor time in seconds of each thread of a process that is still there, by its name; threads of one name are
  /// summed. More exact than the kernel's ticks where it counts nanoseconds (CONFIG_SCHED_INFO).
  public static func threadSeconds(of process: Int32) -> [String: Double] {
    var seconds: [String: Double] = [:]
    for thread in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? [] {
      let place = "/proc/\(process)/task/\(thread)"
      let name = text(place + "/comm").trimmingCharacters(in: .whitespacesAndNewlines)
      let nanoseconds = text(place + "/schedstat").split(separator: " ").first.flatMap { Double($0) }
      seconds[name, default: 0] += nanoseconds.map { $0 / 1e9 } ?? ticksUsed(place + "/stat")
    }
    return seconds
  }

  /// The memory of a process that is in RAM, in bytes.
  public static func residentBytes(of process: Int32) -> UInt64 {
    let line = text("/proc/\(process)/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { UInt64($0) } ?? 0) * 1024
  }

  /// The share of the machine's processor time that went to other processes and other machines during some work.
  ///
  /// - Parameter own: the processes that belong to the work.
  public static func othersShare(beside own: [Int32], during work: () throws -> Void) rethrows -> Double {
    let ownBefore = own.reduce(0) { $0 + processorSeconds(of: $1) }
    let before = usage()
    try work()
    let after = usage()
    let ownUsed = own.reduce(0) { $0 + processorSeconds(of: $1) } - ownBefore
    return max(0, after.busy - before.busy - ownUsed) / (after.all - before.all)
  }

  /// Processor seconds of the whole machine since it started: not idle (or with another machine), and altogether.
  private static func usage() -> (busy: Double, all: Double) {
    // user nice system idle iowait irq softirq steal
    let line = text("/proc/stat").prefix { $0 != "\n" }
    let numbers = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }.map { $0 / ticks }
    let all = numbers.reduce(0, +)
    return (numbers.count > 4 ? all - numbers[3] - numbers[4] : .nan, all)
  }

  /// Lets all threads of a process run on the given cores only.
  public static func pin(_ process: Int32, to cores: Range<Int>) throws {
    for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task") {
      guard let id = Int32(thread) else { continue }
      let code = benchmark_pin(id, Int32(cores.lowerBound), Int32(cores.upperBound))
      // A thread may have ended meanwhile.
      if code != 0, code != ESRCH {
        throw BenchmarkProblem("thread \(id) cannot be pinned to cores \(cores): \(String(cString: strerror(code)))")
      }
    }
  }

  private static let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))

  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }
}
