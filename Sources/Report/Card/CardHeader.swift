import Analysis
import GPTQ

/// The YAML header of a card, by the rules of the Hugging Face Hub.
struct CardHeader {
  let facts: CardFacts
  let subject: ModelCard.Subject
  let scores: [CardScores]
  let tasks: CardTasks?

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

  /// The checkpoint's own scores as `model-index` has them: those of the first table, a text each, and
  /// those of tasks.
  private var modelIndex: [String] {
    let results = textResults + taskResults
    guard !results.isEmpty else { return [] }
    return ["model-index:", "- name: \(CardMarkup.yaml(subject.name))", "  results:"] + results
  }

  private var textResults: [String] {
    guard let scores = scores.first else { return [] }
    let convention = "blocks, windows of \(scores.context) tokens"
    return scores.rows.flatMap { row in
      var metrics = Self.metric(
        "perplexity", row.own.perplexity, "perplexity (\(convention))")
      if row.base != nil {
        metrics += Self.metric(
          "kl_divergence", row.own.kldMean,
          "mean KL(base, this model), nats per token (\(convention))")
      }
      return Self.result(on: row.domain, metrics)
    }
  }

  private var taskResults: [String] {
    guard case .own(let results) = tasks else { return [] }
    return results.tasks.flatMap { task in
      let asked = [
        task.shots.map { "\($0)-shot" }, task.items.map { "\($0) questions" },
      ].compactMap { $0 }.joined(separator: ", ")
      return Self.result(
        on: task.name,
        task.scores.flatMap { score in
          Self.metric(
            Self.identifier(score.metric), score.value,
            asked.isEmpty ? score.metric : "\(score.metric) (\(asked))")
        })
    }
  }

  /// A result of the index: what was scored, and how well; none without a number.
  private static func result(on name: String, _ metrics: [String]) -> [String] {
    guard !metrics.isEmpty else { return [] }
    return [
      "  - task:", "      type: text-generation", "    dataset:",
      "      name: \(CardMarkup.yaml(name))",
      "      type: \(CardMarkup.yaml(identifier(name)))", "    metrics:",
    ] + metrics
  }

  private static func metric(_ type: String, _ value: Double, _ name: String) -> [String] {
    guard value.isFinite else { return [] }
    // To YAML 1.1 an exponent without a sign is text.
    let text = abs(value) < 1e6 ? NumberText.significant(value, 6) : NumberText.fixed(value, 1)
    return [
      "    - type: \(CardMarkup.yaml(type))", "      value: \(text)",
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
