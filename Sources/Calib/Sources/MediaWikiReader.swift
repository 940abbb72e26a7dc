import Basics
import Codecs
import Foundation
import FoundationXML

/// Reads the articles of a MediaWiki XML dump (export-0.10 and 0.11): namespace 0, no redirects.
struct MediaWikiReader {
  let name: String

  /// Hands each article's wikitext to `body`; returns warnings, such as of a dump cut short.
  func read(_ stream: any ByteStream, _ body: (Document) throws(InputError) -> Bool)
    throws(InputError) -> [String]
  {
    let input = XMLInput(stream)
    // The parser calls its delegate only inside `parse`, while `body` is alive.
    return try withoutActuallyEscaping(body) { body throws(InputError) -> [String] in
      let delegate = MediaWikiDelegate(body)
      let parser = XMLParser(stream: input)
      parser.delegate = delegate
      // A text that just ends is no error to the parser.
      let isWhole = parser.parse() && delegate.isAtEnd
      parser.delegate = nil
      if let failure = delegate.failure { throw failure }
      if delegate.wantsNoMore { return [] }
      if let failure = input.failure {
        guard delegate.pageCount > 0, failure.kind == .badData else { throw failure }
        return ["\(name): \(failure.found); \(delegate.pageCount) pages were read"]
      }
      if isWhole { return [] }
      let reason = "\(name):\(parser.lineNumber): the dump is cut short or broken here"
      guard delegate.pageCount > 0 else {
        throw InputError(
          .badData, asked: "read \(name) as a MediaWiki dump",
          found: "no page before line \(parser.lineNumber), where the XML breaks",
          hint: "name a pages-articles XML file")
      }
      return ["\(reason); \(delegate.pageCount) pages were read"]
    }
  }
}

private final class MediaWikiDelegate: NSObject, XMLParserDelegate {
  private(set) var failure: InputError?
  private(set) var wantsNoMore = false
  private(set) var pageCount = 0
  /// Whether every element was closed.
  var isAtEnd: Bool { path.isEmpty }

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
    path.append(element)
    characters = ""
    if element == "page" {
      pageCount += 1
      page = Document(row: pageCount, text: "")
      namespace = "0"
      isRedirect = false
    }
    if element == "redirect" { isRedirect = true }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    characters += string
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
    case ["mediawiki", "page"] where namespace == "0" && !isRedirect && !page.text.isEmpty:
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
