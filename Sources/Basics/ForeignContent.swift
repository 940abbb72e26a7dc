/// What a file plainly is that should hold something else, by its first bytes: what a download left
/// in its place, or a format under the wrong name.
public struct ForeignContent: Sendable, Equatable {
  /// What was found, as the second part of an error.
  public let found: String
  /// What to do about it.
  public let hint: String

  /// How many of a file's first bytes are looked at, at most.
  public static let headLength = 1024

  /// Looks at the first bytes of a file; nil where they are of none of the known kinds.
  public init?(_ head: some Collection<UInt8>) {
    let head = Array(head.prefix(Self.headLength))
    if let pointer = Self.largeFilePointer(head) {
      self = pointer
    } else if Self.isHTML(head) {
      found = "an HTML page"
      hint = "a server sent a page, such as a login, in place of the file: download it again"
    } else if let name = Self.compressions.first(where: { head.starts(with: $0.magic) })?.name {
      found = "\(name) data"
      hint = "unpack it first"
    } else if let code = Self.storageError(head) {
      found = "a storage server's error message, \(code)"
      hint = "the server sent it in place of the file: check the address and download it again"
    } else if head.count >= 262, head[257..<262].elementsEqual("ustar".utf8) {
      found = "a tar archive"
      hint = "unpack it first"
    } else if let name = Self.formats.first(where: { head.starts(with: $0.magic) })?.name {
      found = name
      hint = "name another file, or name this one after what it holds"
    } else {
      return nil
    }
  }

  /// The error of an operation that met this content.
  public func error(asked: String) -> InputError {
    InputError(.badData, asked: asked, found: found, hint: hint)
  }

  private init(found: String, hint: String) {
    self.found = found
    self.hint = hint
  }

  private static let compressions: [(magic: [UInt8], name: String)] = [
    ([0x1F, 0x8B], "gzip-compressed"), (Array("BZh".utf8), "bzip2-compressed"),
    ([0x28, 0xB5, 0x2F, 0xFD], "zstd-compressed"),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz-compressed"),
    ([0x04, 0x22, 0x4D, 0x18], "LZ4-compressed"),
    ([0x50, 0x4B, 0x03, 0x04], "zip-archived"),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7z-archived"),
  ]

  private static let formats: [(magic: [UInt8], name: String)] = [
    (Array("PAR1".utf8), "a Parquet file"), (Array("PARE".utf8), "an encrypted Parquet file"),
    (Array("ARROW1".utf8), "an Arrow file"), (Array("SQLite format 3\0".utf8), "a SQLite file"),
    (Array("GGUF".utf8), "a GGUF file"), (Array("%PDF-".utf8), "a PDF document"),
  ]

  /// The three lines that Git LFS leaves where a file was not fetched.
  private static func largeFilePointer(_ head: [UInt8]) -> ForeignContent? {
    guard head.starts(with: "version https://git-lfs.github.com/spec/".utf8) else { return nil }
    let lines = String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline)
    let size = lines.first { $0.hasPrefix("size ") }.flatMap { Int($0.dropFirst(5)) }
    return ForeignContent(
      found: "a Git LFS pointer"
        + (size.map { ", which stands for a file of \($0) bytes" } ?? ""),
      hint:
        "the file itself was not downloaded: `git lfs pull` in its repository, or fetch it again")
  }

  /// The code of the error document that S3 and its like send: `<Error><Code>AccessDenied</Code>`.
  private static func storageError(_ head: [UInt8]) -> String? {
    let text = String(decoding: head, as: UTF8.self).drop { $0 == "\u{FEFF}" }
    return text.prefixMatch(of: /\s*(<\?xml[^>]*\?>)?\s*<Error[^>]*>\s*<Code>([A-Za-z]+)<\/Code>/)
      .map { String($0.2) }
  }

  /// Whether an HTML document begins here, behind white space, comments and an XML declaration.
  private static func isHTML(_ head: [UInt8]) -> Bool {
    var rest = head[...]
    if rest.starts(with: TextDecoding.byteOrderMark) { rest = rest.dropFirst(3) }
    while true {
      rest = rest.drop { $0 <= 0x20 }
      if rest.starts(with: "<!--".utf8) {
        guard
          let end = rest.indices.dropLast(2).first(where: { rest[$0...].starts(with: "-->".utf8) })
        else { return false }
        rest = rest[(end + 3)...]
      } else if rest.starts(with: "<?".utf8), let end = rest.firstIndex(of: UInt8(ascii: ">")) {
        rest = rest[(end + 1)...]
      } else {
        let start = String(decoding: rest.prefix(14), as: UTF8.self).lowercased()
        return start == "<!doctype html"
          || start.hasPrefix("<html") && " >\t\r\n".contains(start.dropFirst(5).first ?? " ")
      }
    }
  }
}
