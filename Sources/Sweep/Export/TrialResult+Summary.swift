import Codecs
import Results

extension TrialResult {
  /// Everything scored, by name: `heldout-wiki.perplexity` and its sisters, sizes, seconds.
  var summary: [JSONMember] {
    var summary: [JSONMember] = []
    func add(_ name: String, _ value: JSONValue) {
      summary.append(JSONMember(key: name, value: value))
    }
    add("trial", .integer(number))
    add("role", .string(role.rawValue))
    add("state", .string(state.rawValue))
    add("draw", .integer(draw))
    add("round", .integer(round))
    add("bits_per_weight", .number(bitsPerWeight))
    add("size_bytes", .integer(sizeBytes))
    add("wall_seconds", .number(wallSeconds))
    for evaluation in evaluations {
      for metric in EvaluationMetric.all(of: evaluation) {
        add("\(evaluation.domain).\(metric.name)", .number(metric.value(evaluation)))
        if let stderr = metric.stderr {
          add("\(evaluation.domain).\(metric.stderrName)", .number(stderr(evaluation)))
        }
      }
    }
    return summary
  }
}
