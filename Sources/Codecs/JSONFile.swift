import Basics
import Foundation

extension JSONValue {
  /// Reads the JSON file `url` whole: UTF-8, with or without a byte order mark.
  ///
  /// - Parameter hint: what to do where it holds no JSON.
  /// - Throws: as `InputFile.data`, and where the file is no JSON, its line and column.
  public init(
    contentsOf url: URL, hint: String = "fetch the file again, or fix it there"
  ) throws(InputError) {
    let data = try InputFile.data(url, asked: "read \(url.path)", missing: "check the path")
    try self.init(text: data, name: url.path, hint: hint)
  }

  /// Parses the bytes of a JSON file that errors call `name`. They say the line and the column.
  public init(text: Data, name: String, hint: String) throws(InputError) {
    let bytes = Array(try TextDecoding.content(of: text, asked: "read \(name)"))
    do {
      try self.init(parsing: bytes)
    } catch {
      let (line, column) = Self.place(error.offset, in: bytes)
      throw InputError(
        .badData, asked: "read \(name)",
        found: "no JSON: line \(line), column \(column): \(error.reason)", hint: hint)
    }
  }

  /// Line and column, from 1, of the byte at `offset`; columns count Unicode scalars.
  private static func place(_ offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    let before = bytes.prefix(offset)
    let newline = UInt8(ascii: "\n")
    let start = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
    let column = before[start...].count { $0 & 0xC0 != 0x80 } + 1
    return (before.count { $0 == newline } + 1, column)
  }
}
