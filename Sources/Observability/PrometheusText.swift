/// Writes metrics in the Prometheus text format, version 0.0.4.
enum PrometheusText {
  static func append(_ family: Metrics.Family, to text: inout String) {
    var lines = ""
    for series in family.series {
      switch series.reading {
      case .counter(let counter): lines += "\(family.name)\(braced(series.labels)) \(counter.value)\n"
      case .count(let read): lines += "\(family.name)\(braced(series.labels)) \(read())\n"
      case .gauge(let gauge): lines += "\(family.name)\(braced(series.labels)) \(number(gauge.value))\n"
      case .number(let read):
        guard let value = read() else { continue }
        lines += "\(family.name)\(braced(series.labels)) \(number(value))\n"
      case .numbers(let read):
        let comma = series.labels.isEmpty ? "" : ","
        for one in read() {
          lines += "\(family.name)\(braced(series.labels + comma + one.labels)) \(number(one.value))\n"
        }
      case .histogram(let histogram): append(histogram, family.name, series.labels, to: &lines)
      }
    }
    guard !lines.isEmpty else { return }
    text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n# TYPE \(family.name) \(family.kind)\n"
    text += lines
  }

  private static func append(_ histogram: DurationHistogram, _ name: String, _ labels: String, to lines: inout String) {
    let (upTo, total) = histogram.cumulative()
    let comma = labels.isEmpty ? "" : ","
    for (bound, count) in zip(DurationHistogram.bounds, upTo) {
      lines += "\(name)_bucket{\(labels)\(comma)le=\"\(number(Double(bound) / 1e9))\"} \(count)\n"
    }
    lines += "\(name)_bucket{\(labels)\(comma)le=\"+Inf\"} \(total)\n"
    lines += "\(name)_sum\(braced(labels)) \(number(histogram.seconds))\n"
    lines += "\(name)_count\(braced(labels)) \(total)\n"
  }

  static func labels(_ labels: [(key: String, value: String)]) -> String {
    labels.map { "\($0.key)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
  }

  static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int64(exactly: value) { return String(whole) }
    return value.description
  }

  private static func braced(_ labels: String) -> String { labels.isEmpty ? "" : "{\(labels)}" }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
