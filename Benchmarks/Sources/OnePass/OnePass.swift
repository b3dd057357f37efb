import BenchmarkSupport
import Foundation

/// What the model learns in one pass, event by event, on Frappe and on the flights: accuracy, not speed.
@main
struct OnePass {
  static func main() {
    do {
      let arguments = Array(CommandLine.arguments.dropFirst())
      if arguments.contains("--help") { return print(Request.help) }
      let request = try Request(arguments)
      if let data = request.data { return try compare(data, request) }
      let broken = try Statement.run(request)
      if !broken.isEmpty { throw BenchmarkProblem("above what is promised: \(broken.joined(separator: "; "))") }
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("OnePass: \(error)\n".utf8))
      exit(1)
    }
  }

  /// One row for every combination of the settings, as soon as its last seed is done.
  private static func compare(_ data: Request.DataSet, _ request: Request) throws {
    switch data {
    case .frappe:
      guard let frappe = try Frappe.find(request.frappe) else { return print(Frappe.absent) }
      print("Frappe, one pass over \(frappe.training.count) events; RMSE on the \(request.judgedBy.rawValue) file\n")
      for settings in request.combinations {
        try row(settings, request) { seed in
          try [FrappePass(frappe, settings, crosses: request.crosses, seed: seed).run(judgedBy: request.judgedBy)]
        }
      }
    case .flights:
      let flights = try FlightFiles(Flights())
      print(
        "\(flights.description); progressive log loss, labels "
          + "\(request.labels.map(\.rawValue).joined(separator: ", "))\n"
      )
      for settings in request.combinations {
        try row(settings, request) { seed in
          try request.labels.map {
            try FlightsPass(flights, settings, fields: request.fields, crosses: request.crosses, seed: seed).run(
              labels: $0)
          }
        }
      }
    }
  }

  private static func row(_ settings: [Setting], _ request: Request, _ measure: (Int) throws -> [Double]) throws {
    let runs = try request.seeds.map(measure)
    let name = settings.isEmpty ? "the defaults" : settings.map(\.description).joined(separator: " ")
    let figures = (runs.first ?? []).indices.map { index in Spread(runs.map { $0[index] }).description }
    print("\(name): \(figures.joined(separator: ", "))")
    fflush(nil)
  }
}
