import Basics
import Calib
import Codecs
import Foundation
import TestSupport
import Testing
import Tokenizers

/// Files that are not quite, or not at all, what their names say.
@Suite("Byte order marks, and files of another kind")
struct ForeignFileTests {
  private static let mark = Data(TextDecoding.byteOrderMark)
  private static let rows = "{\"text\":\"一番目の記事。\"}\n{\"text\":\"二番目の記事。\"}\n"
  private static let dump =
    "<mediawiki><page><title>甲</title><ns>0</ns><id>1</id><revision><id>2</id>"
    + "<text>甲は記事である。</text></revision></page></mediawiki>"

  private func written<Result>(
    _ bytes: Data, as name: String, _ body: (URL) throws -> Result
  ) throws -> Result {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent(name)
      try bytes.write(to: url)
      return try body(url)
    }
  }

  @Test(
    "a byte order mark changes no document of any format",
    arguments: [
      ("a.jsonl", rows), ("a.txt", "日本の首都は東京である。\n"), ("a.md", "# 題\n"), ("a.xml", dump),
      ("sample-cirrussearch-content.json", "{\"index\":{\"_id\":\"7\"}}\n{\"text\":\"一\"}\n"),
      ("config.json", "{\"quantization_config\":{\"dataset\":[\"一\",\"二\"]}}"),
    ])
  func mark(name: String, text: String) throws {
    let plain = try written(Data(text.utf8), as: name) { try documents(of: $0) }
    let marked = try written(Self.mark + Data(text.utf8), as: name) { try documents(of: $0) }
    #expect(plain.documents == marked.documents)
    #expect(!plain.documents.isEmpty)
    #expect(marked.reading.byteCount == plain.reading.byteCount + 3)
  }

  @Test("files that were joined have a byte order mark inside, at the start of a line")
  func joined() throws {
    let twice = Self.mark + Data(Self.rows.utf8) + Self.mark + Data(Self.rows.utf8)
    #expect(try written(twice, as: "a.jsonl") { try documents(of: $0) }.documents.count == 4)
  }

  @Test("compressed text is looked at behind its compression")
  func compressed() throws {
    // gzip of a byte order mark and {"text":"一"}, then of an HTML page.
    let marked = try #require(
      Data(base64Encoded: "H4sIAAAAAAACA3u/e3+1UklqRYmSldKTHQ1KtVwAobj8qRIAAAA="))
    let read = try written(marked, as: "a.jsonl.gz") { try documents(of: $0) }
    #expect(read.documents.map(\.text) == ["一"])
    let page = try #require(Data(base64Encoded: "H4sIAAAAAAACA7PJKMnNseMCAJk0yzMHAAAA"))
    let error = #expect(throws: InputError.self) {
      try written(page, as: "a.jsonl.gz") { try documents(of: $0) }
    }
    #expect(error?.found == "an HTML page")
  }

  @Test(
    "UTF-16, a pointer, a page and an archive are named, whatever the file should be",
    arguments: ["a.jsonl", "a.txt", "a.xml", "a.parquet", "config.json"],
    [
      ("version https://git-lfs.github.com/spec/v1\nsize 9\n", "a Git LFS pointer"),
      ("<!doctype html><title>Sign in</title>", "an HTML page"),
      ("PK\u{3}\u{4} and so on", "zip-archived data"),
    ])
  func named(name: String, content: (text: String, found: String)) throws {
    let error = #expect(throws: InputError.self) {
      try written(Data(content.text.utf8), as: name) { try documents(of: $0, skipBad: true) }
    }
    #expect(error?.kind == .badData)
    #expect(error?.found.hasPrefix(content.found) == true, "\(error?.found ?? "")")
    guard name != "a.parquet" else { return }
    let wide = try #require(Self.rows.data(using: .utf16LittleEndian))
    let encoding = #expect(throws: InputError.self) {
      try written(wide, as: name) { try documents(of: $0, skipBad: true) }
    }
    #expect(encoding?.found == "text in UTF-16LE, without a byte order mark")
  }

  @Test("a tokenizer.json may have a byte order mark, and is named where it is something else")
  func tokenizer() throws {
    let json = try Data(
      contentsOf: Repository.demoModel.appendingPathComponent("tokenizer.json"))
    let marked = try written(Self.mark + json, as: "tokenizer.json") {
      try Tokenizer(directory: $0.deletingLastPathComponent())
    }
    #expect(marked.encode("東京") == (try Tokenizer(json: json)).encode("東京"))
    let error = #expect(throws: InputError.self) {
      try written(Data("<html>".utf8), as: "tokenizer.json") {
        try Tokenizer(directory: $0.deletingLastPathComponent())
      }
    }
    #expect(error?.found == "an HTML page")
    let broken = #expect(throws: InputError.self) {
      try Tokenizer(json: Data("{\"model\":\n {\"type\": \"BPE\",}}".utf8), name: "t.json")
    }
    #expect(broken?.asked == "read the tokenizer t.json")
    #expect(
      broken?.found.hasPrefix("no JSON: line 2, column 17: ") == true, "\(broken?.found ?? "")")
    let folder = #expect(throws: InputError.self) {
      try withTemporaryDirectory { folder in
        try FileManager.default.createDirectory(
          at: folder.appendingPathComponent("tokenizer.json"), withIntermediateDirectories: true)
        return try Tokenizer(directory: folder)
      }
    }
    #expect(folder?.found == "a folder where a file should be")
  }

  @Test("chat templates and their settings may have a byte order mark")
  func chatTemplate() throws {
    let template = "{% for m in messages %}{{ bos_token }}{{ m.content }}{% endfor %}"
    try withTemporaryDirectory { folder in
      try (Self.mark + Data(template.utf8)).write(
        to: folder.appendingPathComponent("chat_template.jinja"))
      try (Self.mark + Data("{\"bos_token\": \"<s>\"}".utf8)).write(
        to: folder.appendingPathComponent("tokenizer_config.json"))
      let turns = #"[{"role": "user", "content": "やあ"}]"#
      let rendered = try ChatTemplate(directory: folder).render(
        JSONValue(parsing: Array(turns.utf8)))
      #expect(rendered == "<s>やあ")
    }
  }
}
