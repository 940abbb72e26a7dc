import Basics
import Codecs
import Tokenizers

/// Reads documents from a file with one JSON object per line.
struct JSONLinesReader {
  let name: String
  let textField: String
  var use = SourceUse.evaluation
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
        throw BadRow.brokenUTF8(name, row, line, use)
      }
      if row == 1, let isArray = opensOneValue(line) { throw oneValue(isArray: isArray) }
      throw InputError(
        .badData, asked: "read \(name):\(row)",
        found: "no JSON at byte \(error.offset): \(error.reason)", hint: use.rowHint)
    }
    guard value.members != nil else {
      if row == 1, value.array?.first?.members != nil { throw oneValue(isArray: true) }
      throw InputError(
        .badData, asked: "read \(name):\(row)", found: value.words,
        hint: "give one object per line, such as {\"text\": \"…\"}")
    }
    return value
  }

  /// Whether the first line, which is no JSON, opens an array or an object that goes on below it;
  /// nil where it does neither.
  private func opensOneValue(_ line: [UInt8]) -> Bool? {
    let signs = line.filter { $0 > 0x20 }
    if signs.first == UInt8(ascii: "[") { return true }
    let isOpen = signs.last == UInt8(ascii: "{") || signs.last == UInt8(ascii: ",")
    return signs.first == UInt8(ascii: "{") && isOpen ? false : nil
  }

  private func oneValue(isArray: Bool) -> InputError {
    InputError(
      .badData, asked: "read \(name) as JSONL",
      found: isArray ? "one JSON array" : "one JSON object over several lines",
      hint: "write one object per line: jq -c \(isArray ? "'.[]'" : ".") FILE > NEW.jsonl")
  }

  private func document(_ value: JSONValue, row: Int, pageID: String) throws(InputError)
    -> Document
  {
    let text = try text(of: value, row: row)
    let meta = value["meta"]
    return Document(
      row: row, id: identifier(value) ?? meta.flatMap(identifier) ?? pageID,
      title: value["title"]?.string ?? meta?["title"]?.string ?? "",
      text: Wiki40B.decode(text))
  }

  /// The member that holds the text, or the messages that make it.
  private var field: String {
    chatTemplate == nil || textField != "text" ? textField : "messages"
  }

  private func text(of value: JSONValue, row: Int) throws(InputError) -> String {
    let member = value[field]
    guard let chatTemplate else {
      if let text = member?.string { return text }
      throw InputError(
        .badData, asked: "the text in the field \"\(field)\" of \(name):\(row)",
        found: member?.words ?? fields(of: value), hint: use.fieldHint(field, holds: "text"))
    }
    guard let member, let turns = member.array else {
      throw InputError(
        .badData, asked: "the messages in the field \"\(field)\" of \(name):\(row)",
        found: member?.words ?? fields(of: value), hint: use.fieldHint(field, holds: "messages"))
    }
    if let wrong = turns.first(where: { $0["role"]?.string == nil }) {
      throw InputError(
        .badData, asked: "the messages in the field \"\(field)\" of \(name):\(row)",
        found: wrong.words,
        hint: "give each message as an object with role and content; or \(use.rowHint)")
    }
    do {
      let extra = value["tools"].map { ["tools": $0] } ?? [:]
      return try chatTemplate.render(member, extra: extra)
    } catch {
      throw InputError(
        error.kind, asked: "\(error.asked), for \(name):\(row)", found: error.found,
        hint: error.hint)
    }
  }

  /// The fields of a row with their types, nested ones among them.
  private func fields(of value: JSONValue) -> String {
    guard let members = value.members, !members.isEmpty else { return value.words }
    let names = members.prefix(12).map { member in
      let type =
        switch member.value {
        case .null: "null"
        case .bool: "Boolean"
        case .integer, .number: "number"
        case .string: "string"
        case .array: "list"
        case .object: "object"
        }
      return "\(member.key) (\(type))"
    }
    return "the fields \(names.joined(separator: ", "))" + (members.count > 12 ? ", …" : "")
  }

  private func identifier(_ value: JSONValue) -> String? {
    for key in ["id", "page_id", "pageid", "wikidata_id"] {
      if let text = value[key]?.string { return text }
      if let number = value[key]?.integer { return String(number) }
    }
    return nil
  }
}
