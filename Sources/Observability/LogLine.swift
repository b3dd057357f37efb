import Glibc

/// Makes the text of one log line: `name=value` pairs (logfmt), always exactly one line whatever the values hold.
enum LogLine {
  /// A longer value is cut, so that a hostile record cannot flood the log.
  static let maximumValueBytes = 4096

  static func text(
    level: LogLevel, message: String, fields: [(name: String, value: String)], format: LogFormat, time: timespec
  ) -> String {
    var line = ""
    if format == .journal {
      line += "<\(level.priority)>"
    } else {
      line += "time=\(timestamp(time)) level=\(level.rawValue) "
    }
    line += "message="
    appendValue(message, to: &line)
    for field in fields {
      line += " "
      line += field.name
      line += "="
      appendValue(field.value, to: &line)
    }
    line += "\n"
    return line
  }

  static func appendValue(_ value: String, to line: inout String) {
    let bytes = value.utf8.count
    if bytes > maximumValueBytes {
      let kept = String(decoding: value.utf8.prefix(maximumValueBytes), as: UTF8.self)
      appendQuoted(kept + " (cut, \(bytes) bytes)", to: &line)
    } else if !value.isEmpty, value.unicodeScalars.allSatisfy(isPlain) {
      line += value
    } else {
      appendQuoted(value, to: &line)
    }
  }

  private static func appendQuoted(_ value: String, to line: inout String) {
    line += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": line += "\\\""
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      case "\r": line += "\\r"
      case "\t": line += "\\t"
      default:
        if isVisible(scalar) {
          line.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          line += "\\u{" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "}"
        }
      }
    }
    line += "\""
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value > 0x20 && scalar != "\"" && scalar != "=" && scalar != "\\" && isVisible(scalar)
  }

  /// Control characters move a terminal's cursor and format characters (bidirectional overrides) reorder what it
  /// shows: neither may come from a value.
  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
    default: true
    }
  }

  private static func timestamp(_ time: timespec) -> String {
    var seconds = time.tv_sec
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let day =
      "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    let clock = "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    return "\(day)T\(clock).\(padded(time.tv_nsec / 1_000_000, 3))Z"
  }
}
