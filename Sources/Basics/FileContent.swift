import Foundation

/// What a file is, told from what is in it.
public struct FileContent: Sendable, Equatable {
  /// What kind of output it could be; nil where it is none of them.
  public let kind: OutputKind?
  /// Whether tenbin wrote it, or may have: of some kinds nobody can tell.
  public let isOurs: Bool
  /// What it is, for a person.
  public let description: String
  /// Whether there is nothing in it.
  public let isEmpty: Bool

  /// As much of a file as is looked at: the schema of a database that tenbin wrote is within it.
  private static let headBytes = 1 << 18

  /// Reads the beginning of the file `url`.
  public init(of url: URL) throws(InputError) {
    let head: Data
    do {
      let handle = try FileHandle(forReadingFrom: url)
      defer { try? handle.close() }
      head = try handle.read(upToCount: Self.headBytes) ?? Data()
    } catch {
      throw AtomicOutput.ioError("look at what stands in \(url.path)", error)
    }
    self.init(head: head, name: url.lastPathComponent)
  }

  /// Judges a file by its first bytes and, where these are text that may be anything, by its name.
  public init(head: Data, name: String) {
    let bytes = [UInt8](head)
    if bytes.isEmpty {
      self.init(nil, "an empty file", isEmpty: true)
    } else if bytes.starts(with: "SQLite format 3\0".utf8) {
      self = Self.database(head)
    } else if bytes.count > 8, bytes[4..<8].allSatisfy({ $0 == 0 }), bytes[8] == UInt8(ascii: "{") {
      // The length of a safetensors header, below 4 GB, and the header.
      self.init(.tensors, isOurs: true)
    } else if let text = Self.text(bytes) {
      self = Self.text(text, name)
    } else {
      self.init(nil, "a binary file")
    }
  }

  private init(
    _ kind: OutputKind?, _ description: String? = nil, isOurs: Bool = false, isEmpty: Bool = false
  ) {
    self.kind = kind
    self.isOurs = isOurs
    self.isEmpty = isEmpty
    self.description = description ?? kind?.rawValue ?? "a file"
  }

  /// The text that `bytes` begin; nil where they hold what no text in UTF-8 does.
  private static func text(_ bytes: [UInt8]) -> String? {
    guard !bytes.contains(0) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    // The end may cut a character.
    guard text.unicodeScalars.count(where: { $0 == "\u{FFFD}" }) < 4 else { return nil }
    return text.replacing("\r\n", with: "\n")
  }

  /// A database, by its schema.
  private static func database(_ head: Data) -> FileContent {
    func holds(_ table: String) -> Bool {
      head.range(of: Data("CREATE TABLE \(table) (".utf8)) != nil
    }
    // SQLite keeps the file's version in bytes 60 to 63, the application's number in 68 to 71.
    func number(_ start: Int) -> UInt32 {
      head.dropFirst(start).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
    if number(68) == SetFormat.applicationID {
      return number(60) > SetFormat.version
        ? Self(nil, "a calibration set of a later tenbin")
        : Self(.calibrationSet, isOurs: true)
    }
    if holds("study"), holds("modules") { return Self(.study, isOurs: true) }
    if holds("study_directions") { return Self(.optuna, isOurs: true) }
    // Without a schema on its first page: its tables, if any, wait in the log of a run that was killed.
    let isBare =
      head.count > 104 && head[head.startIndex + 103..<head.startIndex + 105] == Data([0, 0])
    return Self(isBare ? .study : nil, "an SQLite database")
  }

  /// The first columns of our tables, and of the data of plots; `OwnFilesTests` has all of them.
  private static let csvStarts = [
    "trial,", "setting,bits_per_weight_low,", "layer,part,option,", "layer,modules,trial,",
    "model,trial,", "draw,layer,", "group,name,value,", "attempt,kind,",
  ]

  private static func text(_ text: String, _ name: String) -> FileContent {
    let text = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    let first = text.prefix { $0 != "\n" }
    let start = text.prefix(2000)
    let suffix = name.split(separator: ".").dropFirst().last?.lowercased()
    if start.prefix(14).lowercased() == "<!doctype html" || start.prefix(5).lowercased() == "<html"
    {
      return Self(.page, isOurs: start.contains(#"<meta name="generator" content="tenbin "#))
    }
    if first == "{" {
      // The first member on a line of its own, as scores of tasks have it, ours and lm-eval's.
      let member = text.dropFirst(2).prefix { $0 != "\n" }.drop { $0.isWhitespace }
      let isOurs = member == #""model_source": "tenbin","#
      if isOurs || member == #""results": {"# { return Self(.results, isOurs: isOurs) }
    }
    if first.hasPrefix("{") { return json(first) }
    // Other tools' logs begin with `layer,module,`.
    let isOurs = csvStarts.contains { first.hasPrefix($0) }
    if isOurs, first.wholeMatch(of: /[a-z0-9_.,]+/) != nil { return Self(.csv, isOurs: true) }
    if suffix == "csv" { return Self(.csv) }
    if suffix == "yaml" || suffix == "yml" {
      let isSweep = start.hasPrefix("parameters:") || start.contains("\nparameters:")
      return isSweep ? Self(.sweepFile, isOurs: true) : Self(nil, "a text file")
    }
    if first == "---" || first.hasPrefix("# ") || suffix == "md" {
      // The model card's front matter has tenbin among its tags.
      let header = start.dropFirst(3).split(separator: "\n---", maxSplits: 1).first ?? ""
      let isOurs = first == "---" && "\(header)\n".contains("\n- tenbin\n")
      return Self(.card, isOurs: isOurs)
    }
    return Self(nil, "a text file")
  }

  private static func json(_ line: Substring) -> FileContent {
    if line.contains(#""traceEvents":["#) {
      return Self(.trace, isOurs: line.hasPrefix(#"{"displayTimeUnit":"ms","traceEvents":["#))
    }
    if line.contains(#""token_ids":["#) {
      return Self(.samples, isOurs: line.contains(#"],"provenance":["#))
    }
    if line.hasPrefix(#"{"task":"#), line.contains(#""answer":"#) {
      return Self(.answers, isOurs: true)
    }
    if line.contains(#""history":"#), line.contains(#""summary":"#) {
      return Self(.runs, isOurs: true)
    }
    return Self(nil, line.hasSuffix("}") ? "a JSONL file" : "a JSON file")
  }
}
