import Basics
import Codecs
import Foundation

extension CalibrationSet {
  /// The set as JSONL, one sample per line: `text`, `token_ids` and `provenance`, the documents its
  /// tokens come from with `source`, `row`, `id`, `title` and the token range in the sample.
  public func jsonLines() -> String {
    var result = ""
    for sample in samples {
      let ids = sample.tokenIDs.map(String.init).joined(separator: ",")
      let provenance = sample.spans.map { span in
        let document = documents[span.document]
        return "{\"source\":\(JSONText.string(sources[document.source].name)),"
          + "\"row\":\(document.row),\"id\":\(JSONText.string(document.pageID)),"
          + "\"title\":\(JSONText.string(document.title)),\"start\":\(span.start),"
          + "\"tokens\":\(span.count),\"document_start\":\(span.documentStart)}"
      }
      result += "{\"text\":\(JSONText.string(sample.text)),\"token_ids\":[\(ids)],"
      result += "\"provenance\":[\(provenance.joined(separator: ","))]}\n"
    }
    return result
  }

  /// Writes `jsonLines()` to `url`, whole or not at all.
  public func export(to url: URL) throws(InputError) {
    try AtomicOutput.write(jsonLines(), to: url)
  }
}
