import Basics
import Codecs

/// Reads documents from a Parquet file: the text column, and `id` and `title` where they are flat.
struct ParquetReader {
  let name: String
  let textField: String

  func read(
    _ file: ParquetFile, _ onBadRow: (InputError) throws(InputError) -> Void,
    _ body: (Document) throws(InputError) -> Bool
  ) throws(InputError) {
    let id = ["id", "page_id", "pageid", "wikidata_id"].first(where: file.columns.contains)
    let title = file.columns.contains("title") ? "title" : nil
    let wanted = [textField] + [id, title].compactMap { $0 }
    var row = 0
    try file.forEachRow(of: wanted) { values throws(InputError) in
      row += 1
      guard let bytes = values[0] else {
        try onBadRow(
          InputError(
            .badData, asked: "the text of \(name):\(row)", found: "null",
            hint: "drop such rows with --skip-bad"))
        return true
      }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        try onBadRow(BadRow.brokenUTF8(name, row, bytes))
        return true
      }
      let others = values.dropFirst().map { String(decoding: $0 ?? [], as: UTF8.self) }
      return try body(
        Document(
          row: row, id: id == nil ? "" : others.first ?? "",
          title: title == nil ? "" : others.last ?? "", text: Wiki40B.decode(text)))
    }
  }
}
