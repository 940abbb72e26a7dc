import Foundation
import Report

/// An answer, complete.
public struct Response: Sendable {
  /// The HTTP status code.
  public var status = 200
  /// The media type.
  public var type: String
  /// The whole body; of a HEAD request only its length is told.
  public var body: Data
  /// What the body is a version of, for If-None-Match.
  public var tag: String?
  /// Further headers.
  public var headers: [(name: String, value: String)] = []

  /// A page.
  static func page(_ text: Data, status: Int = 200, tag: String? = nil) -> Response {
    Response(status: status, type: "text/html; charset=utf-8", body: text, tag: tag)
  }

  /// JSON.
  static func json(_ text: Data, status: Int = 200, tag: String? = nil) -> Response {
    Response(status: status, type: "application/json; charset=utf-8", body: text, tag: tag)
  }

  /// The head and, where `hasBody`, the body as they go over the wire.
  func bytes(hasBody: Bool, keepsAlive: Bool) -> Data {
    var lines = [
      "HTTP/1.1 \(status) \(Self.phrase(status))", "Content-Type: \(type)",
      "Content-Length: \(body.count)", "Cache-Control: no-cache",
      "Connection: \(keepsAlive ? "keep-alive" : "close")",
    ]
    lines += tag.map { ["ETag: \($0)"] } ?? []
    lines += (headers + Self.security).map { "\($0.name): \($0.value)" }
    var data = Data((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    if hasBody, status != 304 { data.append(body) }
    return data
  }

  /// What keeps a browser from doing more with an answer than show it.
  private static let security: [(name: String, value: String)] = [
    ("Content-Security-Policy", ServedPage.contentSecurityPolicy),
    ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
  ]

  private static func phrase(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 431: "Request Header Fields Too Large"
    case 503: "Service Unavailable"
    default: "Internal Server Error"
    }
  }
}
