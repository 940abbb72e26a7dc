import Basics
import Calib
import Foundation
import TestSupport
import Testing

@Suite("MediaWiki dumps that are none, or a part of one")
struct DumpTests {
  private static func page(_ title: String, _ rest: String) -> String {
    "<page><title>\(title)</title><ns>0</ns><id>1</id><revision><id>2</id>\(rest)</revision></page>\n"
  }
  private static let first = page("甲", "<text>甲は記事である。</text>")
  private static let second = page("乙", "<text>乙も記事である。</text>")

  private func read(_ text: String) throws -> (
    documents: [Document], bad: [InputError], reading: SourceFile.Reading
  ) {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.xml")
      try Data(text.utf8).write(to: url)
      return try documents(of: url)
    }
  }

  private func refusal(_ text: String) -> (found: String, hint: String)? {
    let error = #expect(throws: InputError.self) { try read(text) }
    #expect(error?.kind == .badData)
    #expect(error?.asked.hasPrefix("read ") == true)
    #expect(error?.asked.hasSuffix("a.xml as a MediaWiki dump") == true)
    return error.map { ($0.found, $0.hint) }
  }

  @Test("one stream cut out of a multistream dump is read, and noted")
  func slice() throws {
    for text in [Self.first + Self.second, "\n  " + Self.first + Self.second] {
      let slice = try read(text)
      #expect(slice.documents.map(\.title) == ["甲", "乙"])
      #expect(slice.reading.warnings.count == 1)
      #expect(
        slice.reading.warnings[0].hasSuffix(
          "no <mediawiki> around its pages, as in a part of a multistream dump; 2 pages were read"))
    }
    // The last stream closes a root that it has not opened.
    let last = try read(Self.first + "</mediawiki>")
    #expect(last.documents.count == 1)
  }

  @Test("a slice that ends inside a page is cut short")
  func cutSlice() throws {
    let cut = try read(Self.first + Self.second.dropLast(30))
    #expect(cut.documents.map(\.title) == ["甲"])
    #expect(cut.reading.warnings[0].contains("cut short"))
  }

  @Test(
    "another root is named",
    arguments: ["pages", "feed", "doc", "Error", "rss"])
  func root(_ name: String) throws {
    let error = try #require(refusal("<\(name)>" + Self.first + "</\(name)>"))
    #expect(error.found == "the root element <\(name)>, where a dump has <mediawiki>")
    #expect(error.hint == "name a pages-articles XML file, or make JSONL of this one")
  }

  @Test("what is no XML is located")
  func broken() throws {
    let error = try #require(refusal("text</page>" + Self.first))
    #expect(error.found == "no page before line 1, where the XML breaks")
    #expect(error.hint == "name a pages-articles XML file; a part of one begins with <page>")
  }

  @Test(
    "a dump without an article says which rule took its pages",
    arguments: [
      ("", "a <mediawiki> without a <page>"), ("<siteinfo/>", "a <mediawiki> without a <page>"),
      (
        page("甲", "<text>#転送 [[乙]]</text>").replacing("<ns>", with: "<redirect title=\"乙\"/><ns>")
          + page("会話", "<text>議論</text>").replacing("<ns>0", with: "<ns>1") + page("空", "<text/>"),
        "3 pages, no article among them: 1 redirects, 1 outside of namespace 0, 1 without a text"
      ),
    ])
  func nothing(content: String, reason: String) throws {
    let read = try read("<mediawiki>" + content + "</mediawiki>")
    #expect(read.documents.isEmpty)
    #expect(read.reading.warnings.count == 1)
    #expect(read.reading.warnings[0].hasSuffix("a.xml: " + reason))
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("a.xml")
      try Data("<mediawiki>\(content)</mediawiki>".utf8).write(to: url)
      let recipe = CalibrationRecipe(sources: [url.path], tokenizer: Repository.demoModel.path)
      let error = #expect(throws: InputError.self) { try CalibrationSet.build(recipe) }
      #expect(error?.found == "no document with any text; \(url.path): \(reason)")
    }
  }

  @Test("CDATA is text, alone and beside other text")
  func cdata() throws {
    let text =
      "<mediawiki>" + Self.page("甲", "<text><![CDATA[甲は<b>記事</b>である。]]></text>")
      + Self.page("乙", "<text>乙も<![CDATA[記事]]>である&amp;る。</text>") + "</mediawiki>"
    #expect(try read(text).documents.map(\.text) == ["甲は<b>記事</b>である。", "乙も記事である&る。"])
  }
}
