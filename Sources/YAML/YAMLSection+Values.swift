import Spelling

extension YAMLSection {
  /// Reads a text; any scalar without quotes is one too (`topic: 123`), but not null.
  ///
  /// - Parameters:
  ///   - key: the setting's key.
  ///   - standard: the default.
  ///   - isSecret: whether the value is left out of the list of effective values.
  public func text(_ key: String, default standard: String, isSecret: Bool = false) -> String {
    let written = node(key) == nil ? nil : scalar(key, "a text", acceptsQuotes: true) { $0 }
    let value = written ?? substituted(key, standard)
    note(key, isSecret ? "(secret)" : value)
    return value
  }

  /// Reads a text that may be missing or null.
  public func optionalText(_ key: String) -> String? {
    let value = has(key) ? scalar(key, "a text", acceptsQuotes: true) { $0.isEmpty ? nil : $0 } : nil
    note(key, value ?? "null")
    return value
  }

  /// Reads a text that must be there; missing is a problem with `why`.
  public func requiredText(_ key: String, why: String) -> String? {
    guard has(key) else {
      findings.add("`\(path(of: key))` is missing: \(why)", at: mark(of: key))
      return nil
    }
    return optionalText(key)
  }

  /// Reads a whole number in a range.
  public func integer(_ key: String, default standard: Int, in range: ClosedRange<Int>) -> Int {
    integer(key, standard, range, nullable: false) ?? standard
  }

  /// Reads a whole number in a range that may be null.
  public func optionalInteger(_ key: String, default standard: Int?, in range: ClosedRange<Int>) -> Int? {
    integer(key, standard, range, nullable: true)
  }

  private func integer(_ key: String, _ standard: Int?, _ range: ClosedRange<Int>, nullable: Bool) -> Int? {
    let wanted = "a whole number, " + Self.bounds(range.lowerBound, range.upperBound, unbounded: Int.max)
    let value = reading(key, standard, wanted, nullable: nullable) { text in
      YAMLScalars.integer(text).flatMap { range.contains($0) ? $0 : nil }
    }
    note(key, value.map { String($0) } ?? "null")
    return value
  }

  /// Reads an unsigned whole number of 64 bits.
  public func unsigned(_ key: String, default standard: UInt64) -> UInt64 {
    let value =
      reading(key, standard, "a whole number from 0 to 18446744073709551615") { text -> UInt64? in
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt64(text) : nil
      } ?? standard
    note(key, String(value))
    return value
  }

  /// Reads a finite number that satisfies `holds`; `wanted` says so in words (`at least 0`).
  public func number(_ key: String, default standard: Double, _ wanted: String, _ holds: (Double) -> Bool) -> Double {
    number(key, standard, wanted, nullable: false, holds) ?? standard
  }

  /// Reads a finite number that may be null.
  public func optionalNumber(_ key: String, default standard: Double?, _ wanted: String, _ holds: (Double) -> Bool)
    -> Double?
  {
    number(key, standard, wanted, nullable: true, holds)
  }

  private func number(
    _ key: String, _ standard: Double?, _ wanted: String, nullable: Bool, _ holds: (Double) -> Bool
  ) -> Double? {
    let value = reading(key, standard, "a number, \(wanted)", nullable: nullable) { text in
      YAMLScalars.number(text).flatMap { holds($0) ? $0 : nil }
    }
    note(key, value.map(Self.shortest) ?? "null")
    return value
  }

  /// Reads `true` or `false`.
  public func boolean(_ key: String, default standard: Bool) -> Bool {
    let value = reading(key, standard, "true or false", YAMLScalars.boolean) ?? standard
    note(key, String(value))
    return value
  }

  /// Reads one of a few words.
  public func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, default standard: Choice) -> Choice
  where Choice.RawValue == String {
    let words = Choice.allCases.map(\.rawValue)
    var chosen = standard
    if node(key) != nil,
      let text = scalar(key, "one of \(words.joined(separator: ", "))", acceptsQuotes: true, convert: { $0 })
    {
      if let choice = Choice(rawValue: text) {
        chosen = choice
      } else {
        let hint = Spelling.nearest(to: text, among: words).map { "; did you mean `\($0)`?" } ?? ""
        problem(key, "is `\(text)`; it must be one of \(words.joined(separator: ", "))\(hint)")
      }
    }
    note(key, chosen.rawValue)
    return chosen
  }

  /// Reads a duration such as `30s`.
  public func duration(_ key: String, default standard: Duration, atLeast: Duration, atMost: Duration) -> Duration {
    duration(key, standard, atLeast, atMost, nullable: false) ?? standard
  }

  /// Reads a duration that may be null.
  public func optionalDuration(_ key: String, default standard: Duration?, atLeast: Duration, atMost: Duration)
    -> Duration?
  {
    duration(key, standard, atLeast, atMost, nullable: true)
  }

  private func duration(
    _ key: String, _ standard: Duration?, _ atLeast: Duration, _ atMost: Duration, nullable: Bool
  ) -> Duration? {
    let wanted =
      "a duration from \(YAMLScalars.text(of: atLeast)) to \(YAMLScalars.text(of: atMost)), such as 500ms, 30s, 10m or 1h"
    let value = reading(key, standard, wanted, nullable: nullable) { text in
      YAMLScalars.duration(text).flatMap { $0 >= atLeast && $0 <= atMost ? $0 : nil }
    }
    note(key, value.map(YAMLScalars.text(of:)) ?? "null")
    return value
  }

  /// Reads a size in bytes such as `64MiB`.
  public func size(_ key: String, default standard: Int, in range: ClosedRange<Int>) -> Int {
    let wanted =
      "a size from \(YAMLScalars.text(ofSize: range.lowerBound)) to \(YAMLScalars.text(ofSize: range.upperBound)), "
      + "such as 64MiB or 10MB"
    let value =
      reading(key, standard, wanted) { text in
        YAMLScalars.size(text).flatMap { range.contains($0) ? $0 : nil }
      } ?? standard
    note(key, YAMLScalars.text(ofSize: value))
    return value
  }

  /// Reads a mapping of any keys to scalars, in the order written; missing or null is an empty one.
  ///
  /// - Parameters:
  ///   - key: the setting's key.
  ///   - isSecret: which keys' values are left out of the list of effective values.
  public func texts(_ key: String, isSecret: (String) -> Bool = { _ in false }) -> [(key: String, value: String)] {
    let pairs = section(key) { section in
      section.keys.map { (key: $0, value: section.text($0, default: "", isSecret: isSecret($0))) }
    }
    if pairs.isEmpty { note(key, "{}") }
    return pairs
  }

  private func reading<Value>(
    _ key: String, _ standard: Value?, _ wanted: String, nullable: Bool = false, _ convert: (String) -> Value?
  ) -> Value? {
    guard let node = node(key) else { return standard }
    if node.isNull, nullable { return nil }
    return scalar(key, wanted, acceptsQuotes: false, convert: convert) ?? standard
  }

  private func scalar<Value>(_ key: String, _ wanted: String, acceptsQuotes: Bool, convert: (String) -> Value?)
    -> Value?
  {
    guard let node = node(key) else { return nil }
    guard case .scalar(let text, let isPlain) = node.content, !node.isNull, isPlain || acceptsQuotes else {
      problem(key, "must be \(wanted), not \(node.noun)")
      return nil
    }
    guard let full = findings.substituting(text, subject: "`\(path(of: key))`", at: node.mark) else { return nil }
    guard let value = convert(full) else {
      let shown = full == text ? node.noun : "`\(full.prefix(60))` (from `\(text.prefix(60))`)"
      problem(key, "must be \(wanted), not \(shown)")
      return nil
    }
    return value
  }

  private func substituted(_ key: String, _ text: String) -> String {
    findings.substituting(text, subject: "`\(path(of: key))`", at: mark(of: key)) ?? text
  }

  private static func bounds(_ low: Int, _ high: Int, unbounded: Int) -> String {
    high == unbounded ? "at least \(low)" : "from \(low) to \(high)"
  }

  private static func shortest(_ number: Double) -> String {
    Int64(exactly: number).map { String($0) } ?? number.description
  }
}
