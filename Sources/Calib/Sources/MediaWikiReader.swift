import Basics
import Codecs
import Foundation
import FoundationXML

/// Reads the articles of a MediaWiki XML dump (export-0.10 and 0.11): namespace 0, no redirects.
struct MediaWikiReader {
  let name: String

  /// Hands each article's wikitext to `body`; returns warnings, such as of a dump cut short, or of one
  /// without an article.
  func read(_ stream: any ByteStream, _ body: (Document) throws(InputError) -> Bool)
    throws(InputError) -> [String]
  {
    let slice = DumpSlice(stream)
    let isSlice = try slice.isRootless()
    let input = XMLInput(slice)
    // The parser calls its delegate only inside `parse`, while `body` is alive.
    return try withoutActuallyEscaping(body) { body throws(InputError) -> [String] in
      let delegate = MediaWikiDelegate(body)
      let parser = XMLParser(stream: input)
      parser.delegate = delegate
      // A text that just ends is no error to the parser.
      let isWhole = parser.parse() && delegate.isAtEnd
      parser.delegate = nil
      if let failure = delegate.failure { throw failure }
      if let root = delegate.wrongRoot {
        throw InputError(
          .badData, asked: "read \(name) as a MediaWiki dump",
          found: "the root element <\(root)>, where a dump has <mediawiki>",
          hint: "name a pages-articles XML file, or make JSONL of this one")
      }
      if delegate.wantsNoMore { return [] }
      if let failure = input.failure {
        guard delegate.pages.all > 0, failure.kind == .badData else { throw failure }
        return ["\(name): \(failure.found); \(delegate.pages.all) pages were read"]
      }
      if !isWhole, !(isSlice && delegate.isBetweenPages) {
        guard delegate.pages.all > 0 else {
          throw InputError(
            .badData, asked: "read \(name) as a MediaWiki dump",
            found: "no page before line \(parser.lineNumber), where the XML breaks",
            hint: "name a pages-articles XML file; a part of one begins with <page>")
        }
        return [
          "\(name):\(parser.lineNumber): the dump is cut short or broken here;"
            + " \(delegate.pages.all) pages were read"
        ]
      }
      var warnings = [String]()
      if isSlice {
        warnings.append(
          "\(name): no <mediawiki> around its pages, as in a part of a multistream dump;"
            + " \(delegate.pages.all) pages were read")
      }
      if let reason = delegate.pages.emptiness { warnings.append("\(name): \(reason)") }
      return warnings
    }
  }
}

/// How many pages of a dump met which fate.
private struct PageCounts {
  var all = 0
  var redirects = 0
  var otherNamespaces = 0
  var empty = 0

  /// Why the dump gave no article; nil where it gave one.
  var emptiness: String? {
    guard all == redirects + otherNamespaces + empty else { return nil }
    let parts = [
      (redirects, "redirects"), (otherNamespaces, "outside of namespace 0"),
      (empty, "without a text"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return all == 0
      ? "a <mediawiki> without a <page>"
      : "\(all) pages, no article among them: \(parts.joined(separator: ", "))"
  }
}

/// A dump, or a part of one that begins with a page: then the root it lacks is put in front.
private final class DumpSlice: ByteStream {
  private let source: any ByteStream
  private var waiting: [[UInt8]] = []

  init(_ source: any ByteStream) {
    self.source = source
  }

  /// Looks at the first piece: whether a page is the first thing in it.
  func isRootless() throws(InputError) -> Bool {
    let first = try source.next()
    let isRootless = first.drop { $0 <= 0x20 }.starts(with: "<page>".utf8)
    waiting = (isRootless ? [Array("<mediawiki>".utf8)] : []) + [first]
    return isRootless
  }

  func next() throws(InputError) -> [UInt8] {
    waiting.isEmpty ? try source.next() : waiting.removeFirst()
  }
}

private final class MediaWikiDelegate: NSObject, XMLParserDelegate {
  private(set) var failure: InputError?
  private(set) var wantsNoMore = false
  private(set) var pages = PageCounts()
  /// The root element, where it is not that of a dump.
  private(set) var wrongRoot: String?
  /// Whether every element was closed.
  var isAtEnd: Bool { path.isEmpty }
  /// Whether every page was closed.
  var isBetweenPages: Bool { path.count <= 1 }

  private let body: (Document) throws(InputError) -> Bool
  private var path: [String] = []
  private var characters = ""
  private var page = Document(row: 0, text: "")
  private var namespace = "0"
  private var isRedirect = false

  init(_ body: @escaping (Document) throws(InputError) -> Bool) {
    self.body = body
  }

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    if path.isEmpty, element != "mediawiki" {
      wrongRoot = element
      parser.abortParsing()
    }
    path.append(element)
    characters = ""
    if element == "page" {
      pages.all += 1
      page = Document(row: pages.all, text: "")
      namespace = "0"
      isRedirect = false
    }
    if element == "redirect" { isRedirect = true }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    characters += string
  }

  func parser(_ parser: XMLParser, foundCDATA block: Data) {
    characters += String(decoding: block, as: UTF8.self)
  }

  func parser(
    _ parser: XMLParser, didEndElement element: String, namespaceURI: String?,
    qualifiedName: String?
  ) {
    switch path.suffix(2) {
    case ["page", "title"]: page.title = characters
    case ["page", "id"]: page.id = characters
    case ["page", "ns"]: namespace = characters
    case ["revision", "text"]: page.text = characters
    case ["mediawiki", "page"] where isRedirect: pages.redirects += 1
    case ["mediawiki", "page"] where namespace != "0": pages.otherNamespaces += 1
    case ["mediawiki", "page"] where page.text.isEmpty: pages.empty += 1
    case ["mediawiki", "page"]:
      do {
        wantsNoMore = try !body(page)
      } catch {
        failure = error
      }
      if wantsNoMore || failure != nil { parser.abortParsing() }
    default: break
    }
    characters = ""
    path.removeLast()
  }
}
