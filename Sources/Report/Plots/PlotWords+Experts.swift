import Results

/// The words of the plots of experts, in English.
extension PlotWords {
  static let expertAxis = "expert"
  static let coverageRamp = "tokens"

  static func coverageTitle(_ coverage: ExpertCoverage) -> String {
    let question = "Which experts did calibration reach?"
    var parts: [String] = []
    if !coverage.unseen.isEmpty {
      parts.append("\(NumberText.count(coverage.unseen.count)) got no token")
    }
    if !coverage.cold.isEmpty {
      parts.append(
        "\(NumberText.count(coverage.cold.count)) fewer than \(coverage.minTokens)")
    }
    let all = NumberText.count(coverage.experts.count)
    return parts.isEmpty
      ? "\(question) All \(all), with \(coverage.minTokens) tokens or more"
      : "\(question) Of \(all), \(parts.joined(separator: ", "))"
  }

  static func coverageReading(_ trial: Int) -> String {
    "One cell per expert and layer, by the calibration tokens that its router sent there (in #\(trial)). "
      + "What an expert did not see, its Hessian does not know. Hover over a layer for its fewest and "
      + "most."
  }

  static func coverageLegend(_ coverage: ExpertCoverage) -> [LegendEntry] {
    var entries: [LegendEntry] = []
    if !coverage.unseen.isEmpty {
      entries.append(LegendEntry(mark: "unseen block", text: "no token"))
    }
    if !coverage.cold.isEmpty {
      entries.append(
        LegendEntry(
          mark: "cold block", text: "fewer than \(coverage.minTokens) (expert_min_tokens)"))
    }
    return entries
  }

  static func coverageTooltip(
    _ layer: Int, _ experts: [ExpertCoverage.Expert], _ minTokens: Int
  ) -> String {
    let sorted = experts.sorted { ($0.tokens, $0.expert) < ($1.tokens, $1.expert) }
    guard let least = sorted.first, let most = sorted.last else { return PlotWords.layer(layer) }
    func count(_ expert: ExpertCoverage.Expert) -> String {
      "\(NumberText.count(expert.tokens)) (expert \(expert.expert))"
    }
    func list(_ experts: [ExpertCoverage.Expert], _ text: (ExpertCoverage.Expert) -> String)
      -> String
    {
      experts.prefix(12).map(text).joined(separator: ", ")
        + (experts.count > 12 ? " and \(experts.count - 12) more" : "")
    }
    var lines = [
      PlotWords.layer(layer),
      "tokens: fewest \(count(least)), middle \(NumberText.count(sorted[sorted.count / 2].tokens)), "
        + "most \(count(most))",
    ]
    let byNumber = experts.sorted { $0.expert < $1.expert }
    let unseen = byNumber.filter { $0.tokens == 0 }
    let cold = byNumber.filter { $0.tokens > 0 && $0.tokens < minTokens }
    if !unseen.isEmpty { lines.append("no token: \(list(unseen) { "\($0.expert)" })") }
    if !cold.isEmpty {
      lines.append("fewer than \(minTokens): \(list(cold) { "\($0.expert) (\($0.tokens))" })")
    }
    return lines.joined(separator: "\n")
  }
}
