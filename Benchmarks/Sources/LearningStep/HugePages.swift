import Foundation

/// What the system granted of the huge pages that tables ask for.
enum HugePages {
  /// The share of this process's anonymous memory that lies in huge pages.
  static var share: Double {
    let text = (try? String(contentsOfFile: "/proc/self/smaps_rollup", encoding: .utf8)) ?? ""
    func kilobytes(_ key: String) -> Double {
      let line = text.split(separator: "\n").first { $0.hasPrefix(key + ":") }
      return line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .nan
    }
    return kilobytes("AnonHugePages") / kilobytes("Anonymous")
  }
}
