import Basics
import GPTQ

/// What a card says of one file of calibration texts.
struct CardSource {
  private let source: CalibrationOrigin.Source
  private let hub: HubName?

  init(_ source: CalibrationOrigin.Source) {
    self.source = source
    hub = HubName(source.name).flatMap { $0.path == nil ? nil : $0 }
  }

  /// The dataset on the Hub that it is of; nil: it is of none.
  var repository: String? { hub?.repository }

  /// What it is called.
  var name: String { source.name }

  /// The day of a Wikimedia dump, as its name has it: `2023-07-20` of
  /// `jawiki-20230720-pages-articles.xml.bz2`; nil where the name has none.
  var dumpDate: String? {
    let match = (hub?.path ?? source.name).firstMatch(
      of: /wiki[a-z]*[-_.](20\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)/)
    return match.map { "\($0.1)-\($0.2)-\($0.3)" }
  }

  /// The line of a card, in its words.
  func line(_ words: CardWords) -> String {
    var parts = [words.documents(source.documents, rows: source.firstRow, source.lastRow)]
    if let dumpDate { parts.append(words.dump(dumpDate)) }
    parts.append(
      words.hash(source.sha256, bytes: source.isWhole ? nil : source.bytesRead))
    return CardMarkup.line(name) + words.colon + parts.joined(separator: words.comma)
  }
}
