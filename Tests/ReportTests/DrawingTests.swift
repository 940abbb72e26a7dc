import Foundation
import Report
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What the drawings look like, read back from the page.
@Suite struct DrawingTests {
  static let crowded = StudyFixture(bits: [2, 3, 4, 8], descActs: [false, true]).build()

  @Test(arguments: ["size-divergence", "size-quality", "depth"]) func labelsDoNotOverlap(
    figure: String
  ) throws {
    let markup = try Page.part(figure, of: HTMLReport.text(Self.crowded))
    for labels in try LabelReader.labels(in: markup) {
      #expect(labels.count > 3)
      for (index, first) in labels.enumerated() {
        for second in labels[(index + 1)...] {
          #expect(!first.overlaps(second), "\(first.text) covers \(second.text)")
        }
      }
    }
  }

  @Test func labelsStayInsideTheDrawing() throws {
    let markup = try Page.part("size-quality", of: HTMLReport.text(Self.crowded))
    for labels in try LabelReader.labels(in: markup) {
      for label in labels {
        #expect(label.left >= 0 && label.right <= label.drawingWidth + 4, "\(label.text)")
      }
    }
  }

  @Test func theRampGetsDarkerStepByStep() throws {
    let style = try Page.inner("<style>", "</style>", in: HTMLReport.text(Self.crowded))
    let luminances = try (0..<16).map { step in
      let color = try Page.inner("--h\(step):#", ";", in: style)
      let value = Int(color, radix: 16) ?? 0
      let parts = [(value >> 16) & 255, (value >> 8) & 255, value & 255].map { Double($0) / 255 }
      return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    }
    for (pale, deep) in zip(luminances, luminances.dropFirst()) { #expect(deep < pale) }
  }

  @Test func everyColorIsDefined() throws {
    let page = HTMLReport.text(Self.crowded)
    let used = Set(
      page.components(separatedBy: "var(--").dropFirst().map { part in
        String(part.prefix { $0.isLetter || $0.isNumber })
      })
    for name in used where !["c", "fade"].contains(name) {
      #expect(page.contains("--\(name):#"), "--\(name)")
    }
  }
}

/// The direct labels of each drawing, with the room they take at a usual width of letters.
private final class LabelReader: NSObject, XMLParserDelegate {
  struct Label {
    var text = ""
    let x: Double
    let y: Double
    let anchor: String
    let drawingWidth: Double

    var width: Double { Double(text.count) * 6.3 }
    var left: Double {
      switch anchor {
      case "end": x - width
      case "middle": x - width / 2
      default: x
      }
    }
    var right: Double { left + width }

    func overlaps(_ other: Label) -> Bool {
      left < other.right && other.left < right && abs(y - other.y) < 11
    }
  }

  private var drawings: [[Label]] = []
  private var current: Label?
  private var width = 0.0

  static func labels(in markup: String) throws -> [[Label]] {
    let reader = LabelReader()
    let parser = XMLParser(data: Data(markup.utf8))
    parser.delegate = reader
    guard parser.parse() else { throw Page.Malformed(description: "\(parser.lineNumber)") }
    return reader.drawings.filter { !$0.isEmpty }
  }

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    if element == "svg" {
      drawings.append([])
      width = attributes["viewBox"]?.split(separator: " ").compactMap { Double($0) }[2] ?? 0
    }
    guard element == "text", attributes["class"]?.hasPrefix("label") == true,
      // In its place a page in English has another.
      attributes["class"]?.hasSuffix(" ja") == false
    else { return }
    current = Label(
      x: Double(attributes["x"] ?? "") ?? 0, y: Double(attributes["y"] ?? "") ?? 0,
      anchor: attributes["text-anchor"] ?? "start", drawingWidth: width)
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    current?.text += string
  }

  func parser(
    _ parser: XMLParser, didEndElement element: String, namespaceURI: String?,
    qualifiedName: String?
  ) {
    guard element == "text", let label = current else { return }
    drawings[drawings.count - 1].append(label)
    current = nil
  }
}
