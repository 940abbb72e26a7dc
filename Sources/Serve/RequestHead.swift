/// The head of an HTTP/1.1 request: what a client that only reads needs, told strictly.
public struct RequestHead: Sendable, Equatable {
  /// The method, such as `GET`.
  public var method: String
  /// Path and query, percent-encoded as they came.
  public var target: String
  /// What stands in Host; nil without one.
  public var host: String?
  /// What stands in If-None-Match.
  public var ifNoneMatch: String?
  /// Whether the client means to ask again over the same connection.
  public var keepsAlive: Bool
  /// Whether a body follows, which nobody here reads.
  public var hasBody: Bool

  /// Creates the head of a request that was made by hand.
  public init(method: String = "GET", target: String, host: String?, ifNoneMatch: String? = nil) {
    (self.method, self.target, self.host) = (method, target, host)
    self.ifNoneMatch = ifNoneMatch
    (keepsAlive, hasBody) = (true, false)
  }

  /// Bytes of a head at most.
  static let limit = 16 * 1024

  /// Reads `bytes`, up to and without the empty line at the end; nil where that is no such head.
  public init?(_ bytes: some Collection<UInt8>) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    // Of scalars: Swift takes CR LF for one character.
    let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in String(line.last == "\r" ? line.dropLast() : line) }
    guard
      !text.unicodeScalars.contains(where: {
        $0.value < 0x20 && !"\r\n\t".unicodeScalars.contains($0)
      }),
      let first = lines.first
    else { return nil }
    let words = first.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 3, !words[0].isEmpty, words[0].utf8.allSatisfy(Self.isToken),
      words[1].hasPrefix("/"), ["HTTP/1.1", "HTTP/1.0"].contains(words[2])
    else { return nil }
    (method, target) = (words[0], words[1])
    keepsAlive = words[2] == "HTTP/1.1"
    hasBody = false
    for line in lines.dropFirst() {
      guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      let name = line[..<colon].lowercased()
      let value = line[line.index(after: colon)...].trimmed
      guard !name.isEmpty, name.utf8.allSatisfy(Self.isToken) else { return nil }
      switch name {
      case "host":
        // Two of them are an attack.
        guard host == nil else { return nil }
        host = value
      case "if-none-match": ifNoneMatch = value
      case "connection":
        let options = value.lowercased().split(separator: ",").map { $0.trimmed }
        if options.contains("close") { keepsAlive = false }
        if options.contains("keep-alive") { keepsAlive = true }
      case "content-length": hasBody = hasBody || value != "0"
      case "transfer-encoding": hasBody = true
      default: break
      }
    }
  }

  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}

extension StringProtocol {
  /// The text without spaces and tabs at its ends.
  fileprivate var trimmed: String {
    let isBlank = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" }
    var rest = Substring(self).unicodeScalars
    while let first = rest.first, isBlank(first) { rest.removeFirst() }
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return String(rest)
  }
}
