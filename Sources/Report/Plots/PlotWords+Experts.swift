import Results

/// The words of the plots of experts.
extension PlotWords {
  static let expertAxis = Bilingual("expert", "エキスパート")
  static let coverageRamp = Bilingual("tokens", "トークン数")

  static func coverageTitle(_ coverage: ExpertCoverage) -> Bilingual {
    let question = Bilingual(
      "Which experts did calibration reach?", "キャリブレーションはどのエキスパートに届いたか")
    var parts: [Bilingual] = []
    if !coverage.unseen.isEmpty {
      let count = NumberText.count(coverage.unseen.count)
      parts.append(Bilingual("\(count) got no token", "\(count) 個はトークンなし"))
    }
    if !coverage.cold.isEmpty {
      let count = NumberText.count(coverage.cold.count)
      parts.append(
        Bilingual(
          "\(count) fewer than \(coverage.minTokens)", "\(count) 個は \(coverage.minTokens) 未満"))
    }
    let all = NumberText.count(coverage.experts.count)
    return question
      + (parts.isEmpty
        ? Bilingual(
          " All \(all), with \(coverage.minTokens) tokens or more",
          "：\(all) 個すべてが \(coverage.minTokens) トークン以上")
        : Bilingual(
          " Of \(all), \(parts.map(\.en).joined(separator: ", "))",
          "：\(all) 個のうち\(parts.map(\.ja).joined(separator: "、"))"))
  }

  static func coverageReading(_ trial: Int) -> Bilingual {
    Bilingual(
      "One cell per expert and layer, by the calibration tokens that its router sent there (in #\(trial)). "
        + "What an expert did not see, its Hessian does not know. Hover over a layer for its fewest and "
        + "most.",
      "1 セルが 1 層の 1 エキスパートで、色はルーターが送ったキャリブレーショントークン数です（#\(trial)）。"
        + "届かなかった入力はヘッセ行列に反映されません。層にカーソルを合わせると最小と最大が表示されます。")
  }

  static func coverageLegend(_ coverage: ExpertCoverage) -> [LegendEntry] {
    var entries: [LegendEntry] = []
    if !coverage.unseen.isEmpty {
      entries.append(
        LegendEntry(mark: "unseen block", text: Bilingual("no token", "トークンなし")))
    }
    if !coverage.cold.isEmpty {
      entries.append(
        LegendEntry(
          mark: "cold block",
          text: Bilingual(
            "fewer than \(coverage.minTokens) (expert_min_tokens)",
            "\(coverage.minTokens) 未満（expert_min_tokens）")))
    }
    return entries
  }

  static func coverageTooltip(
    _ layer: Int, _ experts: [ExpertCoverage.Expert], _ minTokens: Int
  ) -> String {
    let sorted = experts.sorted { ($0.tokens, $0.expert) < ($1.tokens, $1.expert) }
    guard let least = sorted.first, let most = sorted.last else { return "layers.\(layer)" }
    func count(_ expert: ExpertCoverage.Expert) -> String {
      "\(NumberText.count(expert.tokens)) (expert \(expert.expert))"
    }
    func list(_ experts: [ExpertCoverage.Expert], _ text: (ExpertCoverage.Expert) -> String)
      -> String
    {
      experts.prefix(12).map(text).joined(separator: ", ")
        + (experts.count > 12 ? ", … +\(experts.count - 12)" : "")
    }
    var lines = [
      "layers.\(layer)",
      "expert_tokens: min \(count(least)), median "
        + "\(NumberText.count(sorted[sorted.count / 2].tokens)), max \(count(most))",
    ]
    let byNumber = experts.sorted { $0.expert < $1.expert }
    let unseen = byNumber.filter { $0.tokens == 0 }
    let cold = byNumber.filter { $0.tokens > 0 && $0.tokens < minTokens }
    if !unseen.isEmpty { lines.append("0 tokens: \(list(unseen) { "\($0.expert)" })") }
    if !cold.isEmpty {
      lines.append("< \(minTokens) tokens: \(list(cold) { "\($0.expert) (\($0.tokens))" })")
    }
    return lines.joined(separator: "\n")
  }
}
