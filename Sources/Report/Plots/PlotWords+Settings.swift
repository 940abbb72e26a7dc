import Results

/// The words of the plots that hold settings against each other, of the spread over tokens, and of
/// times.
extension PlotWords {
  static let kldUnitAxis = Bilingual("KL, nats per token (log)", "KL、nat/トークン（対数）")
  static let kldTokenAxis = Bilingual(
    "KL of a token, nats (log)", "トークンごとの KL、nat（対数）")
  static let shareAxis = Bilingual("share of the variance", "分散に占める割合")
  static let secondsAxis = Bilingual("seconds", "秒")
  static let trialAxis = Bilingual("trial", "トライアル")
  static let mean = Bilingual("mean", "平均")
  static let rtnSameLine = Bilingual(
    "round-to-nearest (RTN), the same kind of line", "最近接丸め（RTN）、線種はドメインと同じ")

  // MARK: Names in the contents

  static let dampDomainName = Bilingual("damp_percent by domain", "ドメイン別の damp_percent")
  static let sliceName = Bilingual("Settings one by one", "設定ごとの比較")
  static let parallelName = Bilingual("All trials at once", "全トライアルの一覧図")
  static let importanceName = Bilingual("Importance of settings", "設定の影響の大きさ")
  static let ladderName = Bilingual("Spread over tokens", "トークン間の分布")
  static let timeName = Bilingual("Time", "所要時間の内訳")

  // MARK: Titles and how to read

  static let dampDomainTitle = Bilingual(
    "Does one damp suit every kind of text?", "同じ damp_percent がどの種類のテキストにも合うか")
  static let dampDomainReading = Bilingual(
    "KL from the base against damp_percent, both logarithmic, one kind of line per domain. Bars: ± one "
      + "standard error. The base's KL is 0, below every axis.",
    "横軸は damp_percent、縦軸は元モデルとの KL で、どちらも対数です。線種はドメインを表します。"
      + "縦棒は ± 標準誤差。元モデルの KL は 0 で、軸の下にあります。")

  static func dampOmitted(_ count: Int) -> Bilingual {
    count == 0
      ? ""
      : Bilingual(
        " \(count) more combinations are in the CSV only.", "ほかの \(count) 通りは CSV にあります。")
  }

  static let sliceTitle = Bilingual("What does each setting change?", "各設定で何が変わるか")
  static let sliceReading = Bilingual(
    "A line joins exactly packed trials that differ in this setting alone: solid where the difference is beyond noise, "
      + "dashed where it is a tie, window by window on the same text. Bars: ± one standard error.",
    "線で結んだトライアル（exact パッキング）は、この設定だけが異なります。実線は誤差を超える差、破線は同等"
      + "（同じテキストの窓ごとの比較）。縦棒は ± 標準誤差。")
  static let sliceLegend = [
    LegendEntry(mark: "key-line-gptq", text: Bilingual("beyond noise", "誤差を超える差")),
    LegendEntry(mark: "key-dashed-gptq", text: Bilingual("tie", "同等")),
  ]

  static func slice(_ key: String, _ bits: Double) -> Bilingual {
    let bits = NumberText.significant(bits, 3)
    return Bilingual("\(key), \(bits) bits", "\(key)、\(bits) ビット")
  }

  static func sliceOmitted(lines: Int, panels: Int) -> Bilingual {
    lines + panels == 0
      ? ""
      : Bilingual(
        " Left out for lack of room: \(lines) lines, \(panels) panels.",
        "表示しきれない線が \(lines) 本、図が \(panels) 個あります。")
  }

  static let parallelTitle = Bilingual(
    "Which settings lead to good trials?", "良いトライアルはどの設定の組み合わせか")
  static let parallelReading = Bilingual(
    "One line per trial, from its settings to its size and score; the darkest is the best (on a dark "
      + "page the palest). Drag along an axis to keep the lines that pass there, or use the arrow keys; "
      + "Escape clears an axis.",
    "1 本の線が 1 トライアルで、左の設定から右のサイズと値へ進みます。色が濃いほど良い結果です（暗い画面では淡いほど）。"
      + "軸の上をドラッグするか矢印キーを使うと、そこを通る線だけが残ります。Esc で解除します。")
  static let parallelRamp = Bilingual("rank, 1 is the best", "順位（1 が最良）")

  static func parallelOmitted(_ keys: [String]) -> Bilingual {
    keys.isEmpty
      ? ""
      : Bilingual(
        " Without room: \(keys.joined(separator: ", ")).",
        "表示しきれない設定：\(keys.joined(separator: "、"))。")
  }

  static let importanceTitle = Bilingual(
    "Which settings matter within a size?", "同じサイズの中でどの設定が効くか")
  static func importanceReading(_ metric: String) -> Bilingual {
    Bilingual(
      "How much of the variance of \(metric) each setting explains alone, as in tenbin sweep importance. "
        + "The upright line is what pure chance stays under 95 % of the time. Filled: trials that differ in "
        + "this setting alone differ beyond noise, as in the findings.",
      "各設定が単独で説明する \(metric) の分散の割合です（tenbin sweep importance と同じ値）。"
        + "縦線は、偶然だけでも 95 % の確率で収まる値です。塗りつぶしは、この設定だけが異なるトライアルの差が誤差を超えることを示します。")
  }
  static let importanceLegend = [
    LegendEntry(mark: "key-gptq block", text: Bilingual("beyond noise", "誤差を超える")),
    LegendEntry(mark: "key-base hollow-block", text: Bilingual("within noise", "誤差の範囲内")),
    LegendEntry(mark: "key-noise", text: Bilingual("chance, 95 %", "偶然の 95 % 点")),
  ]

  static func size(_ bits: ClosedRange<Double>) -> Bilingual {
    let ends = [bits.lowerBound, bits.upperBound].map { NumberText.significant($0, 4) }
    let text = ends[0] == ends[1] ? ends[0] : "\(ends[0])–\(ends[1])"
    return Bilingual("\(text) bits per weight", "重みあたり \(text) ビット")
  }

  static let ladderTitle = Bilingual(
    "Is the divergence spread evenly over tokens?", "KL はトークン間で偏っているか")
  static let ladderReading = Bilingual(
    "Further left is nearer to the base. Strokes: the KL that so many per cent of the tokens stay under; "
      + "diamond: the mean. A mean near the last stroke comes from few tokens that are far off.",
    "左ほど元モデルに近い結果です。縦の印は、その割合のトークンが下回る KL。ひし形は平均。"
      + "平均が右端の印に近い場合、大きく外れた少数のトークンが平均を押し上げています。")

  static func timeTitle(_ seconds: Double) -> Bilingual {
    let text = NumberText.duration(seconds)
    return Bilingual("Where did \(text) go?", "所要時間 \(text) の内訳")
  }
  static let timeReading = Bilingual(
    "Seconds that each trial added to the passes, which trials share. Reading the model and the base's own "
      + "tokens are not among them. When the passes ran stands in the timeline below.",
    "各トライアルがパスに加えた秒数です（パスは複数のトライアルで共有します）。モデルの読み込みと元モデルのトークンの計算は"
      + "含みません。実行時刻は下の「実行の経過」にあります。")

  static func timePart(_ index: Int) -> Bilingual {
    [
      Bilingual("its own calibration", "固有のキャリブレーション"),
      Bilingual("factorising Hessians", "ヘッセ行列の分解"),
      Bilingual("columns, local errors", "列ごとの量子化と局所誤差"),
      Bilingual("evaluation", "評価"),
    ][index]
  }

  // MARK: Tooltips

  /// A trial, the domain, and numbers under the names of their CSV columns, in all their digits.
  static func tooltip(
    _ trial: TrialResult, _ names: TrialNames, _ numbers: [(column: String, value: Double)],
    domain: String? = nil
  ) -> String {
    let lines = numbers.filter { !$0.value.isNaN }.map {
      "\($0.column) \(NumberText.shortest($0.value))"
    }
    return ([names.label(trial)] + (domain.map { ["domain \($0)"] } ?? []) + lines)
      .joined(separator: "\n")
  }
}
