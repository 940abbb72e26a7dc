import Analysis
import GPTQ

/// The YAML header of a card, by the rules of the Hugging Face Hub.
struct CardHeader {
  let facts: CardFacts
  let subject: ModelCard.Subject
  let scores: [CardScores]

  /// The lines, between the two of dashes.
  var text: String {
    var lines = ["---"]
    func list(_ key: String, _ values: [String]) {
      guard !values.isEmpty else { return }
      lines.append("\(key):")
      lines += values.map { "- \(CardMarkup.yaml($0))" }
    }
    list("language", subject.languages)
    if !subject.license.isEmpty { lines.append("license: \(CardMarkup.yaml(subject.license))") }
    if let base = subject.baseModel {
      lines += ["base_model: \(CardMarkup.yaml(base))", "base_model_relation: quantized"]
    }
    lines += ["library_name: transformers", "pipeline_tag: text-generation"]
    list("tags", facts.tags)
    list("datasets", datasets)
    lines += modelIndex
    return (lines + ["---"]).joined(separator: "\n")
  }

  /// The datasets on the Hub that calibration texts are of, each once.
  private var datasets: [String] {
    var names: [String] = []
    for source in facts.making?.calibrationOrigin?.sources ?? [] {
      let name = CardSource(source).repository
      if let name, !names.contains(name) { names.append(name) }
    }
    return names
  }

  /// The checkpoint's own scores as `model-index` has them: those of the first table, a text each.
  private var modelIndex: [String] {
    guard let scores = scores.first, !scores.rows.isEmpty else { return [] }
    var lines = [
      "model-index:", "- name: \(CardMarkup.yaml(subject.name))", "  results:",
    ]
    for row in scores.rows {
      lines += [
        "  - task:", "      type: text-generation", "    dataset:",
        "      name: \(CardMarkup.yaml(row.domain))",
        "      type: \(CardMarkup.yaml(Self.identifier(row.domain)))", "    metrics:",
      ]
      let convention = "blocks, windows of \(scores.context) tokens"
      lines += Self.metric("perplexity", row.own.perplexity, "perplexity (\(convention))")
      guard row.base != nil else { continue }
      lines += Self.metric(
        "kl_divergence", row.own.kldMean,
        "mean KL(base, this model), nats per token (\(convention))")
    }
    return lines
  }

  private static func metric(_ type: String, _ value: Double, _ name: String) -> [String] {
    guard value.isFinite else { return [] }
    // To YAML 1.1 an exponent without a sign is text.
    let text = abs(value) < 1e6 ? NumberText.significant(value, 6) : NumberText.fixed(value, 1)
    return [
      "    - type: \(type)", "      value: \(text)",
      "      name: \(CardMarkup.yaml(name))",
    ]
  }

  /// The name of a text as an identifier of the Hub: letters, digits, dashes, dots and underscores.
  private static func identifier(_ name: String) -> String {
    let text = String(
      name.unicodeScalars.map { scalar in
        let isPlain =
          scalar.isASCII
          && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || "-._".unicodeScalars.contains(scalar))
        return isPlain ? Character(scalar) : "-"
      })
    return text.contains(where: \.isLetter) ? text : "text"
  }
}
