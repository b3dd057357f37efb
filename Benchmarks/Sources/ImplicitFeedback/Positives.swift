import BenchmarkSupport
import Foundation

/// Frappe's positive events in the order of the files, and what test positives are ranked among.
struct Positives {
  static let fields = [
    "user", "item", "daytime", "weekday", "isweekend", "homework", "cost", "weather", "country", "city",
  ]
  static let candidates = 99

  /// The schema of the events as YAML.
  static func schema(_ crosses: [[String]]) -> String {
    let crosses = crosses.map { "[\($0.joined(separator: ", "))]" }
    return "{features: [\(fields.joined(separator: ", "))], crosses: [\(crosses.joined(separator: ", "))]}"
  }

  /// An event: the ids of its fields.
  typealias Event = [UInt32]

  let training: [Event]
  let test: [Event]

  /// The cost of each item, which every event with it has.
  let costs: [UInt32: UInt32]

  /// For each test positive, the items it is ranked among: drawn alike from those of the training positives, none of
  /// which its user has in any file.
  let rivals: [[UInt32]]

  init(_ frappe: Frappe) throws {
    training = try Self.positives(of: frappe.training)
    test = try Self.positives(of: frappe.test)
    var costs: [UInt32: UInt32] = [:]
    var items: [UInt32] = []
    for event in training {
      if costs[event.item] == nil { items.append(event.item) }
      guard costs.updateValue(event[6], forKey: event.item) ?? event[6] == event[6] else {
        throw BenchmarkProblem("item \(event.item) has two costs")
      }
    }
    self.costs = costs
    var seen: [UInt32: Set<UInt32>] = [:]
    for event in try training + test + Self.positives(of: frappe.validation) {
      seen[event.user, default: []].insert(event.item)
    }
    rivals = test.enumerated().map { number, event in
      var drawn: [UInt32] = []
      var draw = DrawOfItems(number)
      while drawn.count < Self.candidates {
        let item = items[draw.next(below: items.count)]
        if !drawn.contains(item), seen[event.user]?.contains(item) != true { drawn.append(item) }
      }
      return drawn
    }
  }

  /// Events of the lines with a positive label.
  private static func positives(of lines: EventLines) throws -> [Event] {
    try lines.lines.compactMap { line in
      let tokens = lines.bytes[line].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }
      guard tokens.first.map({ $0.elementsEqual("1".utf8) }) == true else { return nil }
      let ids = tokens.dropFirst().compactMap {
        UInt32(String(decoding: $0.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self))
      }
      guard ids.count == fields.count else { throw BenchmarkProblem("a line of Frappe without ten fields") }
      return ids
    }
  }
}

extension Positives.Event {
  var user: UInt32 { self[0] }
  var item: UInt32 { self[1] }

  /// The event as a libfm line.
  var line: String { "1 " + map { "\($0):1" }.joined(separator: " ") }
}

/// Random positions, the same for the same number (splitmix64).
private struct DrawOfItems {
  private var state: UInt64

  init(_ number: Int) {
    state = UInt64(number) &* 0xD134_2543_DE82_EF95
  }

  mutating func next(below bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)).multipliedFullWidth(by: UInt64(bound)).high)
  }
}
