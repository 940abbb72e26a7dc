import Results

/// What is said where held-out text is calibration text, too: in the findings, on the first screen and on
/// the card.
enum OverlapWords {
  /// Which texts, how much of them, and what that means for the scores.
  static func sentence(_ overlaps: [HeldoutOverlap]) -> Bilingual {
    let domains = overlaps.map(domain)
    return Bilingual(
      "Not held out: " + domains.map(\.en).joined(separator: "; ")
        + ". Its scores look better than those on new text: rank on text that was not calibrated on.",
      "評価用テキストがキャリブレーションに含まれています：" + domains.map(\.ja).joined(separator: "、")
        + "。そこでの値は未知のテキストより良く出るため、キャリブレーションに使っていないテキストで順位をつけてください。")
  }

  private static func domain(_ overlap: HeldoutOverlap) -> Bilingual {
    guard let percent = overlap.percent else {
      return Bilingual(
        "the calibration set was made from the file of \(overlap.domain)",
        "\(overlap.domain)（同じファイルから作成）")
    }
    return Bilingual(
      "the calibration set holds \(percent) % of the runs of 13 tokens of \(overlap.domain)"
        + (overlap.isSource ? ", being made from the same file" : ""),
      "\(overlap.domain) の連続 13 トークンの \(percent) %"
        + (overlap.isSource ? "（同じファイルから作成）" : ""))
  }
}
