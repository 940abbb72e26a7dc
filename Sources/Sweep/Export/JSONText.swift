import Foundation

extension SettingValue {
  /// The value as JSON; infinity and NaN are null.
  var json: String {
    switch self {
    case .flag(let value): return value ? "true" : "false"
    case .integer(let value): return "\(value)"
    case .number(let value): return value.isFinite ? "\(value)" : "null"
    case .text(let value):
      let data = try? JSONSerialization.data(
        withJSONObject: value, options: [.fragmentsAllowed, .withoutEscapingSlashes])
      return data.map { String(decoding: $0, as: UTF8.self) } ?? "null"
    case .list(let values): return "[\(values.map(\.json).joined(separator: ", "))]"
    case .null: return "null"
    case .map(let map):
      let pairs = map.members.map { key, value in
        "\(SettingValue.text(key).json): \(value.json)"
      }
      return "{\(pairs.joined(separator: ", "))}"
    }
  }
}

extension TrialResult {
  /// Everything scored, by name: `heldout-wiki.perplexity` and its sisters, sizes, seconds.
  var summary: SettingMap {
    var summary: SettingMap = [
      "trial": .integer(number), "role": .text(role.rawValue), "state": .text(state.rawValue),
      "draw": .integer(draw), "round": .integer(round),
      "bits_per_weight": .number(bitsPerWeight), "size_bytes": .integer(sizeBytes),
      "wall_seconds": .number(wallSeconds),
    ]
    for evaluation in evaluations {
      for metric in EvaluationMetric.all {
        let name = "\(evaluation.domain).\(metric.name)"
        summary[name] = .number(metric.value(evaluation))
        if let stderr = metric.stderr {
          summary["\(evaluation.domain).\(metric.stderrName)"] = .number(stderr(evaluation))
        }
      }
    }
    return summary
  }
}
