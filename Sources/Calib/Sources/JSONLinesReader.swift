import Basics
import Codecs
import Tokenizers

/// Reads documents from a file with one JSON object a line.
struct JSONLinesReader {
  let name: String
  let textField: String
  var chatTemplate: ChatTemplate?
  /// A CirrusSearch dump: a line with `index` names the page of the next line.
  var isCirrusSearch = false

  func read(
    _ stream: any ByteStream, _ onBadRow: (InputError) throws(InputError) -> Void,
    _ body: (Document) throws(InputError) -> Bool
  ) throws(InputError) {
    var lines = LineReader(stream, name: name)
    var pageID = ""
    while true {
      let line: [UInt8]
      do {
        guard let next = try lines.next() else { return }
        line = next
      } catch {
        // A file that is cut short: what was whole has been read.
        return try onBadRow(
          InputError(
            error.kind, asked: error.asked, found: "\(error.found), behind row \(lines.count)",
            hint: error.hint))
      }
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { continue }
      let value: JSONValue
      let document: Document
      do {
        value = try object(line, row: lines.count)
        if isCirrusSearch, let index = value["index"] {
          pageID = index["_id"]?.string ?? index["_id"]?.integer.map(String.init) ?? ""
          continue
        }
        document = try self.document(value, row: lines.count, pageID: pageID)
      } catch {
        try onBadRow(error)
        continue
      }
      // Talk pages and the like; a redirect has no entry of its own.
      if isCirrusSearch, let namespace = value["namespace"]?.integer, namespace != 0 { continue }
      guard try body(document) else { return }
    }
  }

  private func object(_ line: [UInt8], row: Int) throws(InputError) -> JSONValue {
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
    guard value.members != nil else {
      throw InputError(
        .badData, asked: "read \(name):\(row)", found: "JSON that is not an object",
        hint: "give one object a line, such as {\"text\": \"…\"}")
    }
    return value
  }

  private func document(_ value: JSONValue, row: Int, pageID: String) throws(InputError)
    -> Document
  {
    guard let text = try text(of: value, row: row) else {
      let members = value.members ?? []
      let names = members.prefix(12).map(\.key).joined(separator: ", ")
      throw InputError(
        .badData,
        asked: "the field \"\(chatTemplate == nil ? textField : "messages")\" of \(name):\(row)",
        found: members.isEmpty ? "an empty object" : "the fields \(names)",
        hint: "name the field that holds the text with --text-field, or use --skip-bad")
    }
    let meta = value["meta"]
    return Document(
      row: row, id: identifier(value) ?? meta.flatMap(identifier) ?? pageID,
      title: value["title"]?.string ?? meta?["title"]?.string ?? "",
      text: Wiki40B.decode(text))
  }

  private func text(of value: JSONValue, row: Int) throws(InputError) -> String? {
    guard let chatTemplate else { return value[textField]?.string }
    guard let messages = value["messages"], messages.array != nil else { return nil }
    do {
      let extra = value["tools"].map { ["tools": $0] } ?? [:]
      return try chatTemplate.render(messages, extra: extra)
    } catch {
      throw InputError(
        error.kind, asked: "\(error.asked), for \(name):\(row)", found: error.found,
        hint: error.hint)
    }
  }

  private func identifier(_ value: JSONValue) -> String? {
    for key in ["id", "page_id", "pageid", "wikidata_id"] {
      if let text = value[key]?.string { return text }
      if let number = value[key]?.integer { return String(number) }
    }
    return nil
  }
}
