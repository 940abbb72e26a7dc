import Basics
import Foundation
import TestSupport
import Testing

@Suite("What a file holds")
struct TextDecodingTests {
  static let samples = [
    "{\"text\": \"日本の首都は東京である。\"}\n", "plain English, over\ntwo lines\n", "ひらがなだけ\nのぶん",
    "method: grid\nparameters:\n", "Привет, мир", "한국어 문장이다.", "a,b\r\n1,2\r\n",
  ]

  @Test("a byte order mark is no content, and nothing else is taken away", arguments: samples)
  func mark(_ text: String) throws {
    let plain = Data(text.utf8)
    #expect(try TextDecoding.text(of: plain, asked: "x") == text)
    #expect(try TextDecoding.text(of: Data(TextDecoding.byteOrderMark) + plain, asked: "x") == text)
    // One that stands inside is a letter.
    let inside = text + "\u{FEFF}" + text
    #expect(
      try TextDecoding.text(of: Data(inside.utf8), asked: "x").utf8.elementsEqual(inside.utf8))
  }

  @Test("nothing but a byte order mark is an empty text")
  func onlyMark() throws {
    #expect(try TextDecoding.text(of: Data(TextDecoding.byteOrderMark), asked: "x").isEmpty)
  }

  @Test(
    "UTF-16 and UTF-32 are named, in both orders, with a byte order mark or without",
    arguments: samples,
    [
      ("UTF-16LE", String.Encoding.utf16LittleEndian, [0xFF, 0xFE]),
      ("UTF-16BE", .utf16BigEndian, [0xFE, 0xFF]),
      ("UTF-32LE", .utf32LittleEndian, [0xFF, 0xFE, 0, 0]),
      ("UTF-32BE", .utf32BigEndian, [0, 0, 0xFE, 0xFF]),
    ] as [(String, String.Encoding, [UInt8])])
  func wide(_ text: String, _ encoding: (name: String, id: String.Encoding, mark: [UInt8])) throws {
    let bytes = try #require(text.data(using: encoding.id))
    for (mark, words) in [(encoding.mark, "with"), ([], "without")] {
      let error = #expect(throws: InputError.self) {
        try TextDecoding.text(of: Data(mark) + bytes, asked: "read x")
      }
      #expect(
        error
          == InputError(
            .badData, asked: "read x",
            found: "text in \(encoding.name), \(words) a byte order mark",
            hint: "convert the file to UTF-8: iconv -f \(encoding.name) -t UTF-8 FILE > NEW"))
    }
  }

  @Test(
    "what is no UTF-16 is not taken for it: U+0000, Shift_JIS, EUC-JP, Latin-1",
    arguments: [
      Data("a\0b and more\0text".utf8), Data("日本\0語".utf8), Data([0]), Data("hello\0world\0".utf8),
      Data([0x93, 0xFA, 0x96, 0x7B, 0x82, 0xCC, 0x8E, 0xF1, 0x93, 0x73, 0x82, 0xCD, 0x81, 0x42]),
      Data([0xC6, 0xFC, 0xCB, 0xDC, 0xA4, 0xCE, 0xBC, 0xF3, 0xC5, 0xD4, 0xA4, 0xCF, 0xA1, 0xA3]),
      Data("Caf".utf8) + [0xE9] + Data(" society, and then some more of it".utf8),
    ])
  func notWide(_ bytes: Data) {
    do {
      try TextDecoding.check(bytes, asked: "x")
    } catch {
      Issue.record(error)
    }
  }

  @Test("bytes that are not UTF-8 are located")
  func brokenByte() {
    let error = #expect(throws: InputError.self) {
      try TextDecoding.text(of: Data("東".utf8) + [0xFF], asked: "read x")
    }
    #expect(
      error
        == InputError(
          .badData, asked: "read x", found: "bytes that are not UTF-8, at byte 3",
          hint: "convert the file to UTF-8, for example with iconv"))
  }

  @Test(
    "what a file is in place of what it should be",
    arguments: [
      (
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 2471645608\n",
        "a Git LFS pointer, which stands for a file of 2471645608 bytes"
      ),
      ("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
      ("<!DOCTYPE html>\n<p>404", "an HTML page"), ("\n  <html lang=\"ja\">", "an HTML page"),
      ("\u{FEFF}<!-- cached --> <!doctype HTML>", "an HTML page"),
      ("<?xml version=\"1.0\"?>\n<html xmlns=\"x\">", "an HTML page"),
      ("PAR1\u{15}\0", "a Parquet file"), ("SQLite format 3\0", "a SQLite file"),
      ("GGUF\u{3}", "a GGUF file"), ("%PDF-1.7", "a PDF document"),
      ("PK\u{3}\u{4}", "zip-archived data"), ("BZh91AY", "bzip2-compressed data"),
      (
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code><Message>no</Message>",
        "a storage server's error message, AccessDenied"
      ),
      ("<Error><Code>NoSuchKey</Code>", "a storage server's error message, NoSuchKey"),
      ("<Error>text</Error>", nil),
      ("", nil), ("<mediawiki>", nil), ("<htmlish>", nil), ("<!-- a comment", nil),
      ("version", nil),
      ("# 日本", nil),
    ] as [(String, String?)])
  func foreign(text: String, found: String?) {
    #expect(ForeignContent(Array(text.utf8))?.found == found)
  }

  @Test("compressed data and archives, by their first bytes")
  func archives() {
    #expect(ForeignContent([0x1F, 0x8B, 8, 0])?.found == "gzip-compressed data")
    #expect(ForeignContent([0x28, 0xB5, 0x2F, 0xFD])?.found == "zstd-compressed data")
    #expect(ForeignContent([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])?.found == "xz-compressed data")
    var tar = [UInt8](repeating: 0x61, count: 512)
    tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
    #expect(ForeignContent(tar)?.found == "a tar archive")
  }
}

@Suite("Reading files whole")
struct InputFileTests {
  @Test("a missing file, a folder, a file in a file's place, and no permission are told apart")
  func kinds() throws {
    try withTemporaryDirectory { folder in
      let file = folder.appendingPathComponent("file")
      try Data("abc".utf8).write(to: file)
      func error(_ url: URL) -> InputError? {
        #expect(throws: InputError.self) {
          try InputFile.data(url, asked: "read x", missing: "look")
        }
      }
      #expect(
        error(folder.appendingPathComponent("none"))
          == InputError(.missing, asked: "read x", found: "no such file or folder", hint: "look"))
      #expect(
        error(folder)
          == InputError(
            .badData, asked: "read x", found: "a folder where a file should be",
            hint: "name a file, or remove the folder"))
      #expect(
        error(file.appendingPathComponent("below"))
          == InputError(
            .badData, asked: "read x", found: "a file where a folder should be", hint: "look"))
      #expect(try InputFile.data(file, asked: "read x", missing: "") == Data("abc".utf8))
      #expect(
        try InputFile.dataIfThere(folder.appendingPathComponent("none"), asked: "read x") == nil)
      #expect(throws: InputError.self) { try InputFile.dataIfThere(folder, asked: "read x") }
      #expect(try InputFile.names(in: folder, asked: "x", missing: "") == ["file"])
      #expect(throws: InputError.self) { try InputFile.names(in: file, asked: "x", missing: "") }
    }
  }

  @Test("what the system says becomes a sentence without a number or a domain")
  func words() {
    #expect(
      InputFile.unreadable(EACCES, asked: "read x", missing: "")
        == InputError(
          .io, asked: "read x", found: "permission denied",
          hint: "make the file and its folders readable for this user"))
    let error = NSError(domain: NSCocoaErrorDomain, code: 256)
    #expect(InputFile.unreadable(error, asked: "read x").found == "Input/output error")
    #expect(AtomicOutput.ioError("write x", error).found == "Input/output error")
    let full = NSError(domain: NSCocoaErrorDomain, code: 640)
    #expect(AtomicOutput.ioError("write x", full).found == "No space left on device")
  }
}
