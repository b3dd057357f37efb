import BenchmarkSupport
import Foundation

/// A figure that `Docs/Learning.md` states, with the settings it takes beside the defaults.
struct Statement {
  let name: String
  let settings: [Setting]
  let crosses: [[String]]
  /// The most the mean of three seeds may be, where that is promised.
  let promise: Double?

  init(_ name: String, _ settings: [String: String] = [:], crosses: [[String]] = [], promise: Double? = nil) {
    self.name = name
    self.settings = settings.sorted { $0.key < $1.key }.map { Setting(key: $0.key, value: $0.value) }
    self.crosses = crosses
    self.promise = promise
  }

  /// Measures all of them, on whichever data are there; gives the names of those above what is promised.
  static func run(_ request: Request) throws -> [String] {
    var broken: [String] = []
    if let frappe = try Frappe.find(request.frappe) {
      var table = Table("Frappe, one pass in file order, test RMSE", "mean of the seeds", "promised", "")
      for statement in Statements.frappe {
        let values = try request.seeds.map { seed in
          try FrappePass(frappe, statement.settings, crosses: statement.crosses, seed: seed).run(judgedBy: .test)
        }
        if !statement.add(values, to: &table, isPromised: true) { broken.append("Frappe, \(statement.name)") }
      }
      print("\(table.text)\n")
    } else {
      print("\(Frappe.absent)\n")
    }
    let flights = try FlightFiles(Flights())
    for labels in [Request.Labels.delayed, .atOnce] {
      let when =
        labels == .delayed ? "each label at departure + 60 min + distance / 7.5 miles a minute" : "labels at once"
      var table = Table("\(flights.description); \(when); log loss", "mean of the seeds", "promised", "")
      for (statement, fields) in Statements.flights(labels) {
        let values = try request.seeds.map { seed in
          try FlightsPass(flights, statement.settings, fields: fields, crosses: statement.crosses, seed: seed)
            .run(labels: labels)
        }
        if !statement.add(values, to: &table, isPromised: flights.isWholeYear) {
          broken.append("flights, labels \(labels.rawValue), \(statement.name)")
        }
      }
      print("\(table.text)\n")
    }
    return broken
  }

  /// Whether what is promised is kept, or nothing is.
  private func add(_ values: [Double], to table: inout Table, isPromised: Bool) -> Bool {
    let spread = Spread(values)
    let promise = isPromised ? promise : nil
    let isKept = promise.map { spread.mean <= $0 } ?? true
    table.add(
      name, spread.description, promise.map { "<= \(Numbers.text($0, digits: 3))" } ?? "",
      promise.map { _ in isKept ? "kept" : "NOT KEPT" } ?? "")
    return isKept
  }
}
