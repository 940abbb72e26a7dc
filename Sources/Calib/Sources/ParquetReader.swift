import Basics
import Codecs

/// Reads documents from a Parquet file: the text column, and `id` and `title` where they are flat.
struct ParquetReader {
  let name: String
  let textField: String
  var use = SourceUse.evaluation

  func read(
    _ file: ParquetFile, _ onBadRow: (InputError) throws(InputError) -> Void,
    _ body: (Document) throws(InputError) -> Bool
  ) throws(InputError) {
    try checkTextColumn(of: file)
    let id = ["id", "page_id", "pageid", "wikidata_id"].first { name in
      file.columns.contains { $0.name == name && ($0.isText || $0.isInteger) }
    }
    let title = file.columns.contains { $0.name == "title" && $0.isText } ? "title" : nil
    let wanted = [textField] + [id, title].compactMap { $0 }
    var row = 0
    try file.forEachRow(of: wanted) { values throws(InputError) in
      row += 1
      guard let bytes = values[0] else {
        try onBadRow(
          InputError(
            .badData, asked: "the text of \(name):\(row)", found: "null", hint: use.rowHint))
        return true
      }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        try onBadRow(BadRow.brokenUTF8(name, row, bytes, use))
        return true
      }
      let others = values.dropFirst().map { String(decoding: $0 ?? [], as: UTF8.self) }
      return try body(
        Document(
          row: row, id: id == nil ? "" : others.first ?? "",
          title: title == nil ? "" : others.last ?? "", text: Wiki40B.decode(text)))
    }
  }

  /// The text's column is there, and holds text.
  private func checkTextColumn(of file: ParquetFile) throws(InputError) {
    let column = file.columns.first { $0.name == textField }
    if column?.isText == true { return }
    let others = file.columns.map(\.words).joined(separator: ", ")
    throw InputError(
      .badData, asked: "the text in the column \"\(textField)\" of \(name)",
      found: column.map { "a column of type \($0.type); the columns are \(others)" }
        ?? "the columns \(others)",
      hint: use.fieldHint(textField, holds: "text"))
  }
}
