import Basics
import Codecs

/// Reads documents from a file with one JSON object a line.
struct JSONLinesReader {
  let name: String
  let textField: String

  func read(
    _ stream: any ByteStream, _ onBadRow: (InputError) throws(InputError) -> Void,
    _ body: (Document) throws(InputError) -> Bool
  ) throws(InputError) {
    var lines = LineReader(stream, name: name)
    while let line = try lines.next() {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
      let document: Document
      do {
        document = try self.document(line, row: lines.count)
      } catch {
        try onBadRow(error)
        continue
      }
      guard try body(document) else { return }
    }
  }

  private func document(_ line: [UInt8], row: Int) throws(InputError) -> Document {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: line)
    } catch {
      if String(validating: line, as: UTF8.self) == nil {
        throw BadRow.brokenUTF8(name, row, line)
      }
      throw InputError(
        .badData, asked: "read \(name):\(row)",
        found: "no JSON at byte \(error.offset): \(error.reason)",
        hint: "mend the line, or drop such rows with --skip-bad")
    }
    guard let members = value.members else {
      throw InputError(
        .badData, asked: "read \(name):\(row)", found: "JSON that is not an object",
        hint: "give one object a line, such as {\"text\": \"…\"}")
    }
    guard let text = value[textField]?.string else {
      let names = members.prefix(12).map(\.key).joined(separator: ", ")
      throw InputError(
        .badData, asked: "the text field \"\(textField)\" of \(name):\(row)",
        found: members.isEmpty ? "an empty object" : "the fields \(names)",
        hint: "name the field that holds the text with --text-field, or use --skip-bad")
    }
    let meta = value["meta"]
    return Document(
      row: row, id: identifier(value) ?? meta.flatMap(identifier) ?? "",
      title: value["title"]?.string ?? meta?["title"]?.string ?? "", text: text)
  }

  private func identifier(_ value: JSONValue) -> String? {
    for key in ["id", "page_id", "pageid", "wikidata_id"] {
      if let text = value[key]?.string { return text }
      if let number = value[key]?.integer { return String(number) }
    }
    return nil
  }
}
