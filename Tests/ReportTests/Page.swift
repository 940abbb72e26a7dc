import Analysis
import Foundation
import Report
import Results

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Ways to take a page apart, and studies that try to break it.
enum Page {
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  struct NamedStudy: Sendable, CustomStringConvertible {
    let description: String
    let results: StudyResults
  }

  /// The section or figure of that id.
  static func part(_ id: String, of page: String) throws -> String {
    for element in ["section", "figure"] where page.contains("<\(element) id=\"\(id)\">") {
      return try between("<\(element) id=\"\(id)\">", "</\(element)>", in: page) + "\n"
    }
    throw Malformed(description: "no part \(id)")
  }

  static func between(_ start: String, _ end: String, in page: String) throws -> String {
    start + (try inner(start, end, in: page)) + end
  }

  static func inner(_ start: String, _ end: String, in page: String) throws -> String {
    guard let from = page.range(of: start),
      let to = page.range(of: end, range: from.upperBound..<page.endIndex)
    else { throw Malformed(description: "no \(start)…\(end)") }
    return String(page[from.upperBound..<to.lowerBound])
  }

  /// Fails where `markup` is not well-formed, or a drawing holds a number that is not one.
  static func parse(_ markup: String) throws {
    let checker = DrawingChecker()
    let parser = XMLParser(data: Data(markup.utf8))
    parser.delegate = checker
    guard parser.parse() else {
      throw Malformed(
        description: "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "?")")
    }
    if let problem = checker.problem { throw Malformed(description: problem) }
  }

  /// Studies with holes, extremes and hostile names.
  static let hardStudies: [NamedStudy] = [
    NamedStudy(description: "usual", results: StudyFixture().build()),
    NamedStudy(description: "hostile names", results: hostile),
    NamedStudy(description: "every number NaN", results: filled(with: .nan)),
    NamedStudy(description: "every number infinite", results: filled(with: .infinity)),
    NamedStudy(description: "every number −infinity", results: filled(with: -.infinity)),
    NamedStudy(description: "every number zero", results: filled(with: 0)),
    NamedStudy(description: "every number huge", results: filled(with: 1e308)),
    NamedStudy(description: "every number tiny", results: filled(with: .leastNonzeroMagnitude)),
    NamedStudy(description: "every number negative", results: filled(with: -3)),
    NamedStudy(description: "no base", results: StudyFixture(hasBase: false).build()),
    NamedStudy(
      description: "one trial",
      results: StudyFixture(
        layers: 1, bits: [4], groupSizes: [128], damps: [0.01], domains: ["d"]
      ).build()),
    NamedStudy(
      description: "nothing",
      results: StudyResults(environment: StudyEnvironment(), base: [], trials: [])),
    NamedStudy(description: "nothing finished", results: unfinished),
  ]

  static var hostile: StudyResults {
    let name = "<script>alert(\"x\")</script> 日本語 & <モデル> 'q' \u{0} \u{FFFF}"
    var study = StudyFixture(layers: 2, damps: [0, 0.01], domains: [name, "\"]]>--"]).build()
    study.environment.model = name
    study.environment.engine = name
    study.environment.sweepYAML = "# </pre><b>\n{{title}} & {{{style}}}\n"
    for index in study.trials.indices {
      for module in study.trials[index].modules.indices {
        study.trials[index].modules[module].module += name
      }
    }
    return study
  }

  private static var unfinished: StudyResults {
    var study = StudyFixture().build()
    for index in study.trials.indices {
      study.trials[index].state = index.isMultiple(of: 2) ? .running : .failed
      study.trials[index].evaluations = []
      study.trials[index].modules = []
      study.trials[index].bitsPerWeight = 0
    }
    return study
  }

  /// A study in which every other trial, and half of the base, holds `value` wherever it can.
  private static func filled(with value: Double) -> StudyResults {
    var study = StudyFixture().build()
    study.base[0].perplexity = value
    for index in study.trials.indices where !index.isMultiple(of: 3) {
      study.trials[index].bitsPerWeight = value
      study.trials[index].wallSeconds = value
      study.trials[index].hiddenErrors = study.trials[index].hiddenErrors.map { _ in value }
      study.trials[index].config.quantize.dampPercent = value
      for domain in study.trials[index].evaluations.indices {
        fill(&study.trials[index].evaluations[domain], value, onlySome: index % 3 == 1)
      }
      for module in study.trials[index].modules.indices {
        study.trials[index].modules[module].relativeErrorHeldout = value
        study.trials[index].modules[module].relativeErrorCalibration = value
        study.trials[index].modules[module].rtnRelativeErrorHeldout = value
        study.trials[index].modules[module].hiddenError = value
        study.trials[index].modules[module].packerChangedCodes = value
      }
    }
    return study
  }

  private static func fill(_ evaluation: inout Evaluation, _ value: Double, onlySome: Bool) {
    evaluation.nllDelta = value
    evaluation.nllDeltaStderr = value
    evaluation.kldMean = value
    evaluation.kldStderr = value
    if onlySome { return }
    evaluation.perplexity = value
    evaluation.perplexityStderr = value
    evaluation.nllPerToken = value
    evaluation.sameTopP = value
  }
}

/// Looks for numbers in drawings that a browser could not draw.
private final class DrawingChecker: NSObject, XMLParserDelegate {
  var problem: String?

  func parser(
    _ parser: XMLParser, didStartElement element: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    for name in ["x", "y", "x1", "x2", "y1", "y2", "width", "height", "d"] {
      guard let value = attributes[name]?.lowercased() else { continue }
      if value.isEmpty || value.contains("nan") || value.contains("inf") || value.contains("e") {
        problem = "<\(element) \(name)=\"\(value)\">"
      }
    }
  }
}
