import Basics
import Codecs
import Foundation
import Tokenizers

/// What kinds of corpus file tenbin reads.
public enum SourceFormat: String, Sendable, Codable {
  /// One JSON object per line.
  case jsonl
  /// One document: the whole file.
  case text
  /// A MediaWiki XML dump.
  case mediaWiki = "mediawiki"
  /// A CirrusSearch dump: lines in pairs, an index entry and a page.
  case cirrusSearch = "cirrussearch"
  /// A Parquet file with flat columns.
  case parquet
  /// The config.json of a checkpoint into which optimum has written its calibration texts.
  case optimumConfig = "optimum_config"

  /// The kind in words, behind "read … as".
  var words: String {
    switch self {
    case .jsonl: "JSONL"
    case .text: "a text"
    case .mediaWiki: "a MediaWiki dump"
    case .cirrusSearch: "a CirrusSearch dump"
    case .parquet: "a Parquet file"
    case .optimumConfig: "a config.json"
    }
  }
}

/// A corpus file, read document by document. Files compressed with gzip, bzip2 or zstd are read as
/// they are.
public struct SourceFile: Sendable {
  /// The path as the user gave it, or `org/name@commit/path` of a dataset on the Hub.
  public let name: String
  /// The file.
  public let url: URL
  /// What the file holds, by its name.
  public let format: SourceFormat
  /// The member of a JSON object, or the column, that holds the text.
  public var textField: String
  /// What the file is read for.
  public var use = SourceUse.evaluation
  /// What makes a text of the rows that hold conversations; nil: rows hold texts.
  public var chatTemplate: ChatTemplate?

  /// Looks at the name of a file; nothing is opened yet.
  public init(_ name: String, textField: String = "text") throws(InputError) {
    self.name = name
    self.textField = textField
    url = HubCache().url(of: name)
    let plain = Self.uncompressed(url)
    switch plain.pathExtension.lowercased() {
    case _ where plain.lastPathComponent == "config.json": format = .optimumConfig
    case "json" where plain.lastPathComponent.contains("cirrussearch"): format = .cirrusSearch
    case "jsonl", "json", "ndjson": format = .jsonl
    case "txt", "text", "md": format = .text
    case "xml": format = .mediaWiki
    case "parquet": format = .parquet
    default:
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
        throw InputError(
          .missing, asked: "read \(name)", found: "no such file", hint: "check the path")
      }
      guard !isFolder.boolValue else {
        throw InputError(
          .badData, asked: "read \(name)", found: "a folder", hint: "give the files in it")
      }
      throw InputError(
        .usage, asked: "read \(name)",
        found: "a file name that ends in none of .jsonl, .txt, .xml, .parquet (.gz, .bz2, .zst)",
        hint: "rename the file after what it holds")
    }
  }

  /// The name of what a file holds, without the endings of its format and its compression:
  /// `ja.wiki` of `ja.wiki.jsonl.gz`.
  public static func stem(_ path: String) -> String {
    uncompressed(URL(fileURLWithPath: path)).deletingPathExtension().lastPathComponent
  }

  private static func uncompressed(_ url: URL) -> URL {
    ["gz", "bz2", "zst", "zstd"].contains(url.pathExtension.lowercased())
      ? url.deletingPathExtension() : url
  }

  /// What became of a source: the part of the file that was read.
  public struct Reading: Sendable {
    /// SHA-256 of the bytes read.
    public var sha256: String
    /// How many bytes that are, from the file's start.
    public var byteCount: Int
    /// Whether that is the whole file.
    public var isWhole: Bool
    /// What is wrong with the file without making it useless.
    public var warnings: [String]
  }

  /// Hands each document to `body` until it returns false. A row that cannot be read goes to
  /// `onBadRow`, which may throw it on.
  public func read(
    onBadRow: (InputError) throws(InputError) -> Void,
    _ body: (Document) throws(InputError) -> Bool
  ) throws(InputError) -> Reading {
    if format == .parquet {
      let file = try ParquetFile(url, name: name)
      try ParquetReader(name: name, textField: textField, use: use).read(file, onBadRow, body)
      let (sha256, byteCount) = file.digest()
      return Reading(sha256: sha256, byteCount: byteCount, isWhole: false, warnings: [])
    }
    let file = try FileByteStream(url, name: name)
    let stream = try TextStream(
      CompressedStream.open(file, name: name), asked: "read \(name) as \(format.words)")
    var warnings = [String]()
    switch format {
    case .jsonl:
      try JSONLinesReader(
        name: name, textField: textField, use: use, chatTemplate: chatTemplate
      )
      .read(stream, onBadRow, body)
    case .cirrusSearch:
      try JSONLinesReader(name: name, textField: textField, use: use, isCirrusSearch: true)
        .read(stream, onBadRow, body)
    case .text: try readText(stream, onBadRow, body)
    case .mediaWiki:
      warnings += try MediaWikiReader(name: name).read(stream, body)
    case .optimumConfig:
      warnings += try OptimumConfigReader(name: name).read(stream, body)
    case .parquet: break
    }
    return Reading(
      sha256: file.hexDigest() ?? "", byteCount: file.byteCount, isWhole: file.isAtEnd,
      warnings: warnings)
  }

  private func readText(
    _ stream: any ByteStream, _ onBadRow: (InputError) throws(InputError) -> Void,
    _ body: (Document) throws(InputError) -> Bool
  ) throws(InputError) {
    let bytes = try stream.all(of: name)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return try onBadRow(BadRow.brokenUTF8(name, 1, bytes, use))
    }
    _ = try body(Document(row: 1, title: url.lastPathComponent, text: text))
  }
}

/// Errors of single rows.
enum BadRow {
  /// A row that is not UTF-8, with the place of its first broken byte.
  static func brokenUTF8(
    _ name: String, _ row: Int, _ bytes: [UInt8], _ use: SourceUse
  ) -> InputError {
    InputError(
      .badData, asked: "read \(name):\(row)",
      found: "bytes that are not UTF-8, at byte \(TextDecoding.firstBrokenByte(bytes))",
      hint: "convert the file to UTF-8, for example with iconv; or \(use.rowHint)")
  }
}
