/// Writes answers into a buffer that is reused: nothing is allocated once the buffer has grown.
public enum ResponseWriter {
  /// Appends the interim answer that asks for the body.
  public static func appendContinue(to buffer: inout [UInt8]) {
    buffer.append("HTTP/1.1 100 Continue\r\n\r\n")
  }

  /// Appends the head of an answer; `length` bytes of body follow it, or none for HEAD.
  ///
  /// - Parameters:
  ///   - status: the status, such as 200.
  ///   - contentType: the body's media type; nil where there is no body.
  ///   - length: the body's bytes.
  ///   - keepsAlive: whether the connection stays open after it.
  ///   - minorVersion: of the request: a client of HTTP/1.0 must be told that its connection stays open.
  ///   - allow: the methods of the resource, for status 405.
  ///   - buffer: what the head is appended to.
  public static func appendHead(
    status: Int, contentType: StaticString?, length: Int, keepsAlive: Bool, minorVersion: Int = 1,
    allow: String? = nil, to buffer: inout [UInt8]
  ) {
    buffer.append("HTTP/1.1 ")
    buffer.append(decimal: status)
    buffer.append(" ")
    buffer.append(reason(status))
    if let contentType {
      buffer.append("\r\nContent-Type: ")
      buffer.append(contentType)
    }
    if let allow {
      buffer.append("\r\nAllow: ")
      buffer.append(contentsOf: allow.utf8)
    }
    buffer.append("\r\nContent-Length: ")
    buffer.append(decimal: length)
    if !keepsAlive {
      buffer.append("\r\nConnection: close")
    } else if minorVersion == 0 {
      buffer.append("\r\nConnection: keep-alive")
    }
    buffer.append("\r\n\r\n")
  }

  /// The reason phrase of a status code.
  public static func reason(_ status: Int) -> StaticString {
    switch status {
    case 200: return "OK"
    case 202: return "Accepted"
    case 400: return "Bad Request"
    case 403: return "Forbidden"
    case 404: return "Not Found"
    case 405: return "Method Not Allowed"
    case 408: return "Request Timeout"
    case 409: return "Conflict"
    case 413: return "Content Too Large"
    case 414: return "URI Too Long"
    case 415: return "Unsupported Media Type"
    case 417: return "Expectation Failed"
    case 422: return "Unprocessable Content"
    case 431: return "Request Header Fields Too Large"
    case 500: return "Internal Server Error"
    case 501: return "Not Implemented"
    case 503: return "Service Unavailable"
    case 504: return "Gateway Timeout"
    case 505: return "HTTP Version Not Supported"
    default: return "Unknown"
    }
  }
}
