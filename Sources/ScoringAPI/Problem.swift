/// What was wrong with a request, in the shape of RFC 9457 (`application/problem+json`).
///
/// The same object answers HTTP requests (as the body, with `status` as the status code too) and lines (under `error`).
public struct Problem: Error, Codable, Equatable, Sendable {
  /// The HTTP status code, 400 to 599.
  public var status: Int
  /// The kind of problem in a few words, the same for every occurrence of it.
  public var title: String
  /// What was wrong this time, and what to do about it.
  public var detail: String
  /// The field of the request at fault, as a path such as `instances[3].carrier`; absent where none is.
  public var field: String?

  /// Makes a problem.
  public init(status: Int, title: String, detail: String, field: String? = nil) {
    self.status = status
    self.title = title
    self.detail = detail
    self.field = field
  }

  /// The request is not what the endpoint takes (400).
  public static func badRequest(_ detail: String, field: String? = nil) -> Problem {
    Problem(status: 400, title: "Bad request", detail: detail, field: field)
  }

  /// What the request names does not exist (404).
  public static func notFound(_ detail: String, field: String? = nil) -> Problem {
    Problem(status: 404, title: "Not found", detail: detail, field: field)
  }

  /// What the request asks for cannot be done in the present state (409).
  public static func conflict(_ detail: String, field: String? = nil) -> Problem {
    Problem(status: 409, title: "Conflict", detail: detail, field: field)
  }

  /// The request is larger than the limits allow (413).
  public static func tooLarge(_ detail: String, field: String? = nil) -> Problem {
    Problem(status: 413, title: "Too large", detail: detail, field: field)
  }

  /// The daemon failed; the fault is not the request's (500).
  public static func internalError(_ detail: String) -> Problem {
    Problem(status: 500, title: "Internal error", detail: detail)
  }

  /// The daemon cannot do it now; trying again later is right (503).
  public static func unavailable(_ detail: String) -> Problem {
    Problem(status: 503, title: "Unavailable", detail: detail)
  }
}

extension Problem: CustomStringConvertible {
  /// The problem as one line of text.
  public var description: String {
    let place = field.map { " (field \($0))" } ?? ""
    return "\(title) (\(status)): \(detail)\(place)"
  }
}
