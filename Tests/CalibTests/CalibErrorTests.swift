import Basics
import Calib
import Codecs
import Foundation
import TestSupport
import Testing
import Tokenizers

@Suite("What is said of calibration sets and the files behind them")
struct CalibErrorTests {
  @Test(
    "compressed files that are cut short, or damaged",
    arguments: ["articles.jsonl.gz", "articles.jsonl.bz2", "articles.jsonl.zst"])
  func compressed(name: String) throws {
    let bytes = [UInt8](try Data(contentsOf: fixture(name)))
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent(name)
      try Data(bytes.dropLast(20)).write(to: url)
      let cut = #expect(throws: InputError.self) { try documents(of: url) }
      let row = cut?.found.split(separator: " ").last ?? ""
      #expect(
        cut
          == InputError(
            .badData, asked: "decompress \(url.path)",
            found: "the file is cut short, behind row \(row)",
            hint: "fetch it again; what was read so far was whole"))
      try Data(bytes.prefix(40) + Array(repeating: 0x55, count: bytes.count)).write(to: url)
      #expect(
        throws: InputError(
          .badData, asked: "decompress \(url.path)", found: "damaged data, behind row 0",
          hint: "fetch the file again")
      ) { try documents(of: url) }
    }
  }

  @Test("a Parquet file whose disk fails while it is read")
  func failingDisk() throws {
    try withTemporaryDirectory { place in
      // A file that no other test reads.
      let url = place.resolvingSymlinksInPath().appendingPathComponent("a.parquet")
      try FileManager.default.copyItem(at: fixture("plain.parquet"), to: url)
      let file = try ParquetFile(url, name: "a.parquet")
      // A folder in its descriptor's place: every read of it fails.
      let folder = open("/", O_RDONLY)
      defer { close(folder) }
      for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
        let target = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "/proc/self/fd/\(name)")
        if target == url.path, let descriptor = Int32(name) { dup2(folder, descriptor) }
      }
      let error = #expect(throws: InputError.self) {
        try file.forEachRow(of: ["text"]) { _ in true }
      }
      let byte = error?.found.split(separator: " ").last ?? ""
      #expect(
        error
          == InputError(
            .io, asked: "read a.parquet", found: "an I/O error at byte \(byte)",
            hint: "check the disk, or copy the file again"))
    }
  }

  @Test("held-out text of nothing, of one token, and for a tokenizer that ends texts")
  func heldoutText() throws {
    let tokenizer = try Tokenizer(directory: Repository.demoModel)
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.jsonl")
      func refusal(
        _ text: String, _ tokenizer: Tokenizer, _ convention: ScoringConvention = .blocks
      ) throws -> InputError? {
        try Data("{\"text\": \"\(text)\"}\n".utf8).write(to: url)
        return #expect(throws: InputError.self) {
          try EvaluationText(from: url, tokenizer: tokenizer, context: 4, convention: convention)
        }
      }
      #expect(
        try refusal(" ", tokenizer)
          == InputError(
            .badData, asked: "evaluate on \(url.path)", found: "no document with any text",
            hint: "name a file that holds text"))
      for name in ["tokenizer.json", "tokenizer_config.json"] {
        try FileManager.default.copyItem(
          at: Repository.demoModel.appendingPathComponent(name),
          to: folder.appendingPathComponent(name))
      }
      let file = folder.appendingPathComponent("tokenizer.json")
      var json = try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
      func template(_ parts: [[String: Any]]) -> [String: Any] {
        let name = "<|end_of_text|>"
        return [
          "type": "TemplateProcessing", "single": parts, "pair": parts,
          "special_tokens": [name: ["id": name, "ids": [1], "tokens": [name]]],
        ]
      }
      let sequence = ["Sequence": ["id": "A", "type_id": 0]]
      json["post_processor"] = template([sequence])
      try JSONSerialization.data(withJSONObject: json).write(to: file)
      #expect(
        try refusal("a", Tokenizer(directory: folder))
          == InputError(
            .badData, asked: "evaluate on \(url.path)", found: "fewer than two tokens",
            hint: "name a file that holds text"))
      json["post_processor"] = template([
        sequence, ["SpecialToken": ["id": "<|end_of_text|>", "type_id": 0]],
      ])
      try JSONSerialization.data(withJSONObject: json).write(to: file)
      #expect(
        try refusal("川は山から海へ流れる。雨が降る。", Tokenizer(directory: folder), .llamaCpp)
          == InputError(
            .badData, asked: "score \(url.path) as llama.cpp does",
            found: "a tokenizer that puts a token behind each text, which llama-perplexity refuses",
            hint: "give --convention blocks or strided"))
    }
  }

  @Test("Parquet files: no footer, no metadata, a damaged page")
  func parquet() throws {
    let bytes = [UInt8](try Data(contentsOf: fixture("plain.parquet")))
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.parquet")
      func failure(_ found: String) -> InputError {
        InputError(
          .badData, asked: "read the Parquet file \(url.path)", found: found,
          hint: "fetch the file again; Parquet files cannot be read when cut short")
      }
      try Data(bytes.dropLast(30)).write(to: url)
      #expect(throws: failure("no Parquet footer")) { try documents(of: url) }
      var bad = bytes
      let length = bad.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      for place in bad.count - 8 - length..<bad.count - 8 { bad[place] = 0 }
      try Data(bad).write(to: url)
      #expect(throws: failure("a footer that is no Parquet metadata")) { try documents(of: url) }
      bad = bytes
      for place in 4..<40 { bad[place] = 0xFF }
      try Data(bad).write(to: url)
      #expect(
        throws: InputError(
          .badData, asked: "read the column \"id\" of \(url.path)",
          found: "a damaged page header",
          hint: "fetch the file again, or rewrite it with pyarrow's defaults")
      ) { try documents(of: url) }
    }
  }

  @Test(
    "rows that are no object with a text",
    arguments: [
      (
        "{\"text\": 'x'}\n", "no JSON at byte 9: not a JSON value",
        "fix the row, or take it out of the file"
      ),
      ("[1]\n", "a list of 1", "give one object per line, such as {\"text\": \"…\"}"),
    ])
  func rows(text: String, found: String, hint: String) throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.jsonl")
      try Data(text.utf8).write(to: url)
      #expect(
        throws: InputError(.badData, asked: "read \(url.path):1", found: found, hint: hint)
      ) { try documents(of: url) }
    }
  }

  @Test("files that are no source: a folder, an unknown ending, bytes that are not UTF-8")
  func files() throws {
    try withTemporaryDirectory { folder in
      #expect(
        throws: InputError(
          .badData, asked: "read \(folder.path)", found: "a folder", hint: "give the files in it")
      ) { try SourceFile(folder.path) }
      let (word, text) = (
        folder.appendingPathComponent("a.docx"), folder.appendingPathComponent("a.txt")
      )
      try Data([1]).write(to: word)
      #expect(
        throws: InputError(
          .usage, asked: "read \(word.path)",
          found: "a file name that ends in none of .jsonl, .txt, .xml, .parquet (.gz, .bz2, .zst)",
          hint: "rename the file after what it holds")
      ) { try SourceFile(word.path) }
      try Data("東".utf8 + [0xFF]).write(to: text)
      #expect(
        throws: InputError(
          .badData, asked: "read \(text.path):1", found: "bytes that are not UTF-8, at byte 3",
          hint:
            "convert the file to UTF-8, for example with iconv; or fix the row, or take it "
            + "out of the file")
      ) { try documents(of: text) }
    }
  }

  @Test("optimum's config.json without texts, or with something else among them")
  func optimum() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("config.json")
      try Data(#"{"quantization_config": {"dataset": ["一", 2]}}"#.utf8).write(to: url)
      #expect(
        throws: InputError(
          .badData, asked: "recover the calibration texts of \(url.path)",
          found: "text 2 of quantization_config.dataset that is no string",
          hint: "only checkpoints that optimum made from a list of texts hold them")
      ) { try documents(of: url) }
    }
  }

  @Test("a Parquet row without a text")
  func nullText() throws {
    let bad = try documents(of: fixture("plain.parquet"), skipBad: true).bad
    let first = try #require(bad.first { $0.found == "null" })
    #expect(
      first
        == InputError(
          .badData, asked: "the text of \(try fixture("plain.parquet").path):\(row(ofPath: first))",
          found: "null", hint: "fix the row, or take it out of the file"))
  }

  private func row(ofPath error: InputError) -> String {
    String(error.asked.split(separator: ":").last ?? "")
  }

  @Test("a source of a mix that has too few documents, and a line of --exclude that is no JSON")
  func building() throws {
    try withTemporaryDirectory { folder in
      let urls = ["a.jsonl", "b.jsonl"].map { folder.appendingPathComponent($0) }
      for url in urls { try Data(#"{"text": "一つの記事"}"#.utf8).write(to: url) }
      var recipe = CalibrationRecipe(
        sources: urls.map(\.path), tokenizer: Repository.demoModel.path)
      recipe.mix = [0.5, 0.5]
      recipe.take = .first(4)
      #expect(
        throws: InputError(
          .badData, asked: "take 2 documents from \(urls[0].path)", found: "only 1 that pass",
          hint: "ask for fewer with --take, or give other shares with --mix")
      ) { try CalibrationSet.build(recipe) }
      let exclude = folder.appendingPathComponent("exclude.jsonl")
      try Data("{\"text\": \"二\"}\nnope\n".utf8).write(to: exclude)
      recipe.mix = []
      recipe.exclude = [exclude.path]
      #expect(
        throws: InputError(
          .badData, asked: "read \(exclude.path):2", found: "no JSON",
          hint: "fix the line of the --exclude file")
      ) { try CalibrationSet.build(recipe) }
    }
  }

  @Test("a set whose source has changed")
  func sets() throws {
    try withTemporaryDirectory { folder in
      let source = folder.appendingPathComponent("a.jsonl")
      try Data(#"{"text": "一つの記事"}"#.utf8).write(to: source)
      var recipe = CalibrationRecipe(sources: [source.path], tokenizer: Repository.demoModel.path)
      recipe.layout = .document
      let set = try CalibrationSet.build(recipe).set
      try Data(#"{"text": "別の記事"}"#.utf8).write(to: source)
      let error = #expect(throws: InputError.self) { try set.rebuilt() }
      #expect(error?.kind == .badData && error?.asked == "rebuild the same calibration set")
      #expect(
        error?.found.hasPrefix("\(source.path) has changed: SHA-256 ") == true
          && error?.found.contains("… over 24 bytes instead of ") == true, "\(error?.found ?? "")")
      #expect(
        error?.hint == "restore that file, or build a new set with tenbin calib build")
    }
  }

  @Test("a model without a chat template, and one whose template fails")
  func chats() throws {
    try withTemporaryDirectory { folder in
      #expect(
        throws: InputError(
          .missing, asked: "read the chat template of \(folder.path)",
          found: "no chat_template.jinja, and no chat_template in tokenizer_config.json",
          hint: "leave --chat-template out for models without one")
      ) { try ChatTemplate(directory: folder) }
      try Data("{{ raise_exception('only users') }}".utf8).write(
        to: folder.appendingPathComponent("chat_template.jinja"))
      #expect(
        throws: InputError(
          .badData, asked: "render the chat template of \(folder.path)", found: "only users",
          hint: "check the messages, or give rows with a rendered text instead")
      ) { try ChatTemplate(directory: folder).render(.array([])) }
    }
  }
}
