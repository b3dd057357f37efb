import Foundation

/// What the system granted of the huge pages that tables ask for.
enum HugePages {
  /// The share of this process's anonymous memory that lies in huge pages, and its size in MB.
  static var use: (share: Double, megabytes: Double) {
    let text = (try? String(contentsOfFile: "/proc/self/smaps_rollup", encoding: .utf8)) ?? ""
    func kilobytes(_ key: String) -> Double {
      let line = text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
      return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .nan
    }
    let all = kilobytes("Anonymous")
    return (kilobytes("AnonHugePages") / all, all / 1024)
  }
}
