import Basics
import Calib
import Codecs
import Foundation
import TestSupport
import Testing

/// A committed file; see Fixtures/make_sources.py.
func fixture(_ name: String) throws -> URL {
  try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/\(name)")
}

/// All documents of a file.
func documents(
  of url: URL, textField: String = "text", skipBad: Bool = false
) throws -> (documents: [Document], bad: [InputError], reading: SourceFile.Reading) {
  var documents = [Document]()
  var bad = [InputError]()
  let source = try SourceFile(url.path, textField: textField)
  let reading = try source.read(
    onBadRow: { error throws(InputError) in
      guard skipBad else { throw error }
      bad.append(error)
    },
    { document throws(InputError) in
      documents.append(document)
      return true
    })
  return (documents, bad, reading)
}

@Suite("Sources")
struct SourceTests {
  @Test(
    "a compressed file reads like its original",
    arguments: ["articles.jsonl.gz", "articles.jsonl.bz2", "articles.jsonl.zst"])
  func compressed(_ name: String) throws {
    let plain = try documents(of: fixture("articles.jsonl"))
    let compressed = try documents(of: fixture(name))
    #expect(compressed.documents == plain.documents)
    #expect(plain.documents.count == 4)
    #expect(compressed.reading.isWhole)
    #expect(
      compressed.reading.sha256 == SHA256.hexDigest(of: try Data(contentsOf: fixture(name))))
  }

  @Test(
    "a compressed file that is cut short or damaged is one located error",
    arguments: ["articles.jsonl.gz", "articles.jsonl.bz2", "articles.jsonl.zst"])
  func cutShort(_ name: String) throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent(name)
      let bytes = try Data(contentsOf: fixture(name))
      try bytes.dropLast(20).write(to: url)
      let error = #expect(throws: InputError.self) { try documents(of: url) }
      #expect(error?.kind == .badData)
      #expect(error?.found.contains("behind row") == true)
      #expect(try documents(of: url, skipBad: true).bad.count == 1)
      var damaged = bytes
      for index in damaged.count / 2..<damaged.count { damaged[index] ^= 0x5A }
      try damaged.write(to: url)
      #expect(throws: InputError.self) { try documents(of: url) }
    }
  }

  @Test("Parquet files read as pyarrow wrote them")
  func parquet() throws {
    let golden = try JSONValue(
      parsing: Array(try Data(contentsOf: fixture("parquet.golden.json"))))
    let files = try #require(golden["files"]?.array)
    #expect(files.count == 7)
    for file in files {
      let name = try #require(file["file"]?.string)
      let rows = try #require(file["rows"]?.array)
      let read = try documents(of: fixture(name), skipBad: true)
      let texts = rows.compactMap { $0["text"]?.string }
      #expect(read.documents.map(\.text) == texts, "\(name)")
      #expect(read.bad.count == rows.count - texts.count, "\(name)")
      let ids = rows.filter { $0["text"]?.isNull == false }.map { $0["id"]?.string ?? "" }
      #expect(read.documents.map(\.id) == ids, "\(name)")
    }
  }

  @Test(
    "a nested column and a missing one are named with what there is", arguments: ["meta", "body"])
  func wrongColumn(_ column: String) throws {
    let error = #expect(throws: InputError.self) {
      try documents(of: fixture("snappy.parquet"), textField: column)
    }
    #expect(error?.asked.contains(column) == true)
    #expect(
      error?.found.contains(column == "meta" ? "a column of type struct" : "the columns") == true)
  }

  @Test("no damage to a Parquet file traps", arguments: 0..<60)
  func damagedParquet(seed: UInt64) throws {
    let names = ["snappy", "gzip-v2", "zstd-v2", "delta", "delta-length", "plain"]
    var generator = SplitMix64(seed: seed)
    let name = "\(names[Int(seed) % names.count]).parquet"
    var bytes = [UInt8](try Data(contentsOf: fixture(name)))
    if seed % 5 == 0 { bytes.removeLast(Int(generator.next() % UInt64(bytes.count))) }
    for _ in 0..<8 where !bytes.isEmpty {
      bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
        truncatingIfNeeded: generator.next())
    }
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent(name)
      try Data(bytes).write(to: url)
      // It may read, or say what is wrong.
      do {
        #expect(try documents(of: url, skipBad: true).documents.count <= 120)
      } catch let error as InputError {
        #expect(!error.hint.isEmpty)
      }
    }
  }

  @Test("CirrusSearch lines come in pairs; other namespaces are left out")
  func cirrusSearch() throws {
    let read = try documents(of: fixture("sample-cirrussearch-content.json")).documents
    #expect(read.map(\.id) == ["5", "10", "11", "12"])
    #expect(read.map(\.title) == ["天秤", "量子化", "正規化", "短文"])
  }

  @Test("wiki40b markers become lines")
  func wiki40b() throws {
    let read = try documents(of: fixture("wiki40b.jsonl")).documents
    #expect(read[1].id == "Q10")
    #expect(
      read[1].text
        == "概要\n量子化とは、連続した値をとびとびの値で置きかえることをいう。\n音や画像の記録にも使われる。")
  }

  @Test("the texts and the damp that optimum left in a config.json come back")
  func optimumConfig() throws {
    let (read, _, reading) = try documents(of: fixture("config.json"))
    #expect(
      read.map(\.text) == (try documents(of: fixture("articles.jsonl")).documents.map(\.text)))
    #expect(reading.warnings.first?.contains("damp_percent 0.001") == true)
  }

  @Test("a dump cut short gives what was read and a warning")
  func dump() throws {
    try withTemporaryDirectory { folder in
      let page = { (id: Int, ns: Int, extra: String, text: String) in
        "<page><title>題\(id)</title><ns>\(ns)</ns><id>\(id)</id>\(extra)<revision><id>1</id>"
          + "<text xml:space=\"preserve\">\(text)</text></revision></page>\n"
      }
      let xml =
        "<mediawiki><siteinfo><sitename>x</sitename></siteinfo>\n"
        + page(1, 0, "", "'''天秤'''は&lt;b&gt;道具&lt;/b&gt;。") + page(2, 1, "", "議論")
        + page(3, 0, "<redirect title=\"天秤\" />", "#転送 [[天秤]]") + page(4, 0, "", "二つ目。")
      let url = folder.appendingPathComponent("dump.xml")
      try Data((xml + "<page><title>途").utf8).write(to: url)
      let (read, _, reading) = try documents(of: url)
      #expect(read.map(\.id) == ["1", "4"])
      #expect(read.map(\.row) == [1, 4])
      #expect(read[0].text == "'''天秤'''は<b>道具</b>。")
      #expect(reading.warnings.count == 1)
      try Data((xml + "</mediawiki>").utf8).write(to: url)
      #expect(try documents(of: url).reading.warnings.isEmpty)
    }
  }
}
