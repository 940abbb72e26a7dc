import Basics
import Calib
import CalibStore
import Foundation
import TestSupport
import Testing

@Suite("What is said of a source that gives no text")
struct SourceErrorTests {
  /// The error of building a set from `text` under the name `name`, paths left out.
  private func buildError(
    _ text: String, as name: String = "a.jsonl", textField: String = "text",
    for use: SourceUse = .build
  ) throws -> InputError? {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent(name)
      try Data(text.utf8).write(to: url)
      var recipe = CalibrationRecipe(sources: [url.path], tokenizer: Repository.demoModel.path)
      recipe.textField = textField
      let error = #expect(throws: InputError.self) { try CalibrationSet.build(recipe, for: use) }
      return error.map { error in
        InputError(
          error.kind, asked: error.asked.replacing(folder.path + "/", with: ""),
          found: error.found.replacing(folder.path + "/", with: ""), hint: error.hint)
      }
    }
  }

  @Test("a field that is missing is named with the fields there are, by what the command can do")
  func missingField() throws {
    let asked = "the text in the field \"text\" of a.jsonl:1"
    let found = "the fields body (string), id (number), meta (object), tags (list)"
    let hints: [(SourceUse, String)] = [
      (.build, "name the field that holds the text with --text-field"),
      (
        .calibration,
        "rename the field to text, or let tenbin calib build make a set of it: it reads any field"
      ),
      (.evaluation, "rename the field that holds the text to text"),
    ]
    for (use, hint) in hints {
      #expect(
        try buildError(
          "{\"body\":\"一\",\"id\":3,\"meta\":{\"a\":1},\"tags\":[]}\n", for: use)
          == InputError(.badData, asked: asked, found: found, hint: hint))
    }
  }

  @Test(
    "a field of another type is named with its type",
    arguments: [
      ("123", "123, a number"), ("true", "true, a Boolean"), ("null", "null"),
      ("[\"一\",\"二\"]", "a list of 2"), ("{\"ja\":\"一\"}", "an object with ja"),
      ("{}", "an empty object"),
      ("[]", "an empty list"), ("1.5", "1.5, a number"),
    ])
  func wrongType(json: String, found: String) throws {
    #expect(
      try buildError("{\"text\":\(json)}\n")
        == InputError(
          .badData, asked: "the text in the field \"text\" of a.jsonl:1", found: found,
          hint: "name the field that holds the text with --text-field"))
  }

  @Test(
    "JSON that is no JSONL is told how to become it",
    arguments: [
      ("[{\"text\":\"一\"},{\"text\":\"二\"}]", "one JSON array", "'.[]'"),
      ("[\n  {\"text\":\"一\"}\n]\n", "one JSON array", "'.[]'"),
      ("[{\"text\":\"一\"},\n{\"text\":\"二\"}]\n", "one JSON array", "'.[]'"),
      ("{\n  \"text\": \"一\"\n}\n", "one JSON object over several lines", "."),
      ("{ \"text\": \"一\",\n  \"id\": 1 }\n", "one JSON object over several lines", "."),
    ])
  func noLines(text: String, found: String, filter: String) throws {
    #expect(
      try buildError(text)
        == InputError(
          .badData, asked: "read a.jsonl as JSONL", found: found,
          hint: "write one object per line: jq -c \(filter) FILE > NEW.jsonl"))
  }

  @Test("messages: where they are looked for, what they are made of")
  func messages() throws {
    func error(_ row: String, field: String = "text") throws -> InputError? {
      try withTemporaryDirectory { folder in
        let model = folder.appendingPathComponent("model")
        try FileManager.default.copyItem(at: Repository.demoModel, to: model)
        try Data("{% for m in messages %}{{ m.content }}{% endfor %}".utf8).write(
          to: model.appendingPathComponent("chat_template.jinja"))
        let url = folder.appendingPathComponent("a.jsonl")
        try Data((row + "\n").utf8).write(to: url)
        var recipe = CalibrationRecipe(sources: [url.path], tokenizer: model.path)
        recipe.chatTemplate = true
        recipe.textField = field
        do {
          _ = try CalibrationSet.build(recipe)
          return nil
        } catch let error as InputError {
          return InputError(
            error.kind, asked: error.asked.replacing(folder.path + "/", with: ""),
            found: error.found, hint: error.hint)
        }
      }
    }
    let turn = #"[{"role": "user", "content": "やあ"}]"#
    #expect(try error("{\"messages\": \(turn)}") == nil)
    #expect(
      try error("{\"conversations\": \(turn)}")
        == InputError(
          .badData, asked: "the messages in the field \"messages\" of a.jsonl:1",
          found: "the fields conversations (list)",
          hint: "name the field that holds the messages with --text-field"))
    // Following the hint reads them.
    #expect(try error("{\"conversations\": \(turn)}", field: "conversations") == nil)
    #expect(
      try error(#"{"messages": [{"from": "human", "value": "やあ"}]}"#)
        == InputError(
          .badData, asked: "the messages in the field \"messages\" of a.jsonl:1",
          found: "an object with from, value",
          hint: "give each message as an object with role and content; or fix the row, or drop "
            + "such rows with --skip-bad"))
    #expect(try error(#"{"messages": "やあ"}"#)?.found == "\"やあ\", a string")
  }

  @Test(
    "a Parquet column that holds no text is refused with its type, nested ones listed",
    arguments: [
      ("text", "a column of type int64; "), ("lines", "a column of type list of string; "),
      ("messages", "a column of type list of struct; "), ("meta", "a column of type struct; "),
      ("tags", "a column of type map; "), ("score", "a column of type double; "),
      ("kept", "a column of type boolean; "), ("day", "a column of type date; "),
      ("price", "a column of type decimal; "), ("content", ""),
    ])
  func parquetTypes(column: String, found: String) throws {
    let url = try fixture("types.parquet")
    var recipe = CalibrationRecipe(sources: [url.path], tokenizer: Repository.demoModel.path)
    recipe.textField = column
    let error = #expect(throws: InputError.self) { try CalibrationSet.build(recipe) }
    #expect(
      error
        == InputError(
          .badData, asked: "the text in the column \"\(column)\" of \(url.path)",
          found: found + "the columns \(found.isEmpty ? "" : "are ")body (string), text (int64), "
            + "lines (list of string), messages (list of struct), meta (struct), tags (map), "
            + "score (double), kept (boolean), day (date), price (decimal), raw (binary)",
          hint: "name the field that holds the text with --text-field"))
  }

  @Test("a text column is read, whatever stands beside it")
  func parquetText() throws {
    let url = try fixture("types.parquet")
    #expect(try documents(of: url, textField: "body").documents.map(\.text) == ["一", "二"])
    #expect(try documents(of: url, textField: "raw").documents.map(\.text) == ["x", "x"])
  }

  @Test("text with U+0000 goes through a set and back whole")
  func zero() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.jsonl")
      try Data(#"{"text":"前\u0000後と続き","title":"題\u0000名","id":"a\u0000b"}"#.utf8).write(to: url)
      var recipe = CalibrationRecipe(sources: [url.path], tokenizer: Repository.demoModel.path)
      recipe.layout = .document
      let set = try CalibrationSet.build(recipe).set
      #expect(set.samples[0].text == "前\0後と続き")
      let file = folder.appendingPathComponent("set.sqlite")
      try set.write(to: file)
      let read = try CalibrationSet.read(from: file)
      #expect(read == set)
      #expect(read.samples[0].text.utf8.elementsEqual("前\0後と続き".utf8))
      #expect(read.documents[0].title.utf8.elementsEqual("題\0名".utf8))
      #expect(read.jsonLines().contains(#""text":"前\u0000後と続き""#))
    }
  }

  @Test("an empty build says what took its rows, and what to change")
  func emptyBuild() throws {
    #expect(
      try buildError("{\"text\":\" \"}\n")
        == InputError(
          .badData, asked: "build a calibration set from a.jsonl",
          found: "no document with any text; of 1 rows 1 empty", hint: "name a file that holds text"
        ))
  }
}
