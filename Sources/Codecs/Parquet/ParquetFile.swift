import Basics
import Foundation

/// A Parquet file (format 2): its flat columns, read row by row as text.
public final class ParquetFile {
  /// The columns directly below the root, nested ones included, in the file's order.
  public let columns: [ParquetColumn]
  /// Rows in the file.
  public let rowCount: Int

  let name: String
  private let handle: FileHandle
  private let size: Int
  private var hash: SHA256? = SHA256()
  private var bytesRead = 0
  private let rowGroups: [[Chunk]]

  /// One column of one row group.
  struct Chunk {
    var column: String
    var type: Int
    var isOptional: Bool
    var codec: Int
    var start: Int
    var byteCount: Int
    var valueCount: Int
  }

  /// Reads the footer of the file at `url`, which errors call `name`.
  public init(_ url: URL, name: String) throws(InputError) {
    self.name = name
    (handle, size) = try InputFile.open(
      url, asked: "read \(name)",
      missing: "check the path; relative paths start at the current folder")
    if let head = Self.read(handle, 0, min(size, ForeignContent.headLength)),
      !head.starts(with: "PAR1".utf8), let foreign = ForeignContent(head)
    {
      throw foreign.error(asked: "read the Parquet file \(name)")
    }
    func damaged(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read the Parquet file \(name)", found: found,
        hint: "fetch the file again; Parquet files cannot be read when cut short")
    }
    guard size >= 12, let tail = Self.read(handle, size - 8, 8),
      tail.suffix(4).elementsEqual("PAR1".utf8), let length = ParquetBits.number(tail[...], 4),
      length <= size - 12, let footer = Self.read(handle, size - 8 - length, length)
    else { throw damaged("no Parquet footer") }
    bytesRead = footer.count
    hash?.update(footer)
    var reader = ThriftReader(footer)
    guard let meta = reader.structure(), let schema = meta[2]?.list, schema.count > 1,
      let groups = meta[4]?.list
    else { throw damaged("a footer that is no Parquet metadata") }
    columns = ParquetColumn.columns(schema)
    var rowGroups = [[Chunk]]()
    for group in groups {
      var chunks = [Chunk]()
      for column in group[1]?.list ?? [] {
        guard let data = column[3], let path = data[3]?.list?.compactMap(\.string) else {
          throw damaged("a column without metadata")
        }
        guard path.count == 1,
          let leaf = columns.first(where: { $0.name == path[0] && !$0.isNested })
        else { continue }
        guard let codec = data[4]?.integer, let count = data[5]?.integer,
          let compressed = data[7]?.integer, let pages = data[9]?.integer, count >= 0
        else { throw damaged("column metadata that lacks a field") }
        let start = min(pages, data[11]?.integer ?? pages)
        guard start >= 0, compressed >= 0, start + compressed <= size else {
          throw damaged("a column that reaches past the file's end")
        }
        chunks.append(
          Chunk(
            column: leaf.name, type: leaf.physicalType, isOptional: leaf.isOptional, codec: codec,
            start: start, byteCount: compressed, valueCount: count))
      }
      rowGroups.append(chunks)
    }
    self.rowGroups = rowGroups
    rowCount = meta[3]?.integer ?? 0
  }

  deinit {
    try? handle.close()
  }

  /// Hands the values of `wanted`, which are columns of texts or whole numbers, row by row to `body`
  /// until it returns false: text as it is, whole numbers in decimal, nil for null.
  public func forEachRow(
    of wanted: [String], _ body: ([[UInt8]?]) throws(InputError) -> Bool
  ) throws(InputError) {
    for group in rowGroups {
      var readers = [ParquetColumnReader]()
      for column in wanted {
        guard let chunk = group.first(where: { $0.column == column }) else { continue }
        readers.append(ParquetColumnReader(self, chunk))
      }
      guard readers.count == wanted.count else { continue }
      rows: while true {
        var row = [[UInt8]?]()
        for index in readers.indices {
          guard let value = try readers[index].next() else { break rows }
          row.append(value)
        }
        guard try body(row) else { return }
      }
    }
  }

  /// `count` bytes from `offset`, or as many as there are.
  func read(_ offset: Int, _ count: Int) throws(InputError) -> [UInt8] {
    guard let bytes = Self.read(handle, offset, count) else {
      throw InputError(
        .io, asked: "read \(name)", found: "an I/O error at byte \(offset)",
        hint: "check the disk, or copy the file again")
    }
    hash?.update(bytes)
    bytesRead += bytes.count
    return bytes
  }

  private static func read(_ handle: FileHandle, _ offset: Int, _ count: Int) -> [UInt8]? {
    guard offset >= 0, (try? handle.seek(toOffset: UInt64(offset))) != nil else { return nil }
    return (try? handle.read(upToCount: count)).map { Array($0) }
  }

  /// SHA-256 of the bytes read, in the order of reading, and their number; may be asked for once.
  public func digest() -> (sha256: String, byteCount: Int) {
    (hash.take()?.hexDigest() ?? "", bytesRead)
  }
}
