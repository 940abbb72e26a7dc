import Analysis
import Results

/// The words on and around the plots. Tooltips say names, numbers and the names of CSV columns, which
/// are the same in every language.
enum PlotWords {
  static let bitsPerWeight = Bilingual("bits per weight", "重みあたりのビット数")
  static let layerAxis = Bilingual("decoder layer", "デコーダー層")
  static let hiddenErrorAxis = Bilingual("hidden_error (log)", "hidden_error（対数）")
  static let kldAxis = Bilingual(
    "mean KL from the base, nats per token (log)",
    "元モデルとの平均 KL、nat/トークン（対数）")
  static let kldShortAxis = Bilingual(
    "KL from the base, nats per token (log)", "元モデルとの KL、nat/トークン（対数）")

  static func sizeAxis(_ unit: String) -> Bilingual {
    Bilingual("size of the checkpoint, \(unit)", "チェックポイントのサイズ、\(unit)")
  }

  static func perplexityAxis(_ domain: String) -> Bilingual {
    let domain = Canvas.fitted(domain, in: 180)
    return domain.isEmpty
      ? Bilingual("perplexity", "パープレキシティ")
      : Bilingual("perplexity on \(domain)", "\(domain) のパープレキシティ")
  }

  static func baseLabel(_ perplexity: Double) -> Bilingual {
    let value = NumberText.significant(perplexity, 4)
    return Bilingual("base \(value)", "元モデル \(value)")
  }

  static func layer(_ number: Int) -> Bilingual { Bilingual("layer \(number)", "層 \(number)") }

  // MARK: Names in the contents

  static let sizeQualityName = Bilingual("Size and quality", "サイズと品質")
  static let heatMapName = Bilingual("Error by module", "モジュール別の誤差")
  static let depthName = Bilingual("Error by depth", "層ごとの誤差")
  static let coverageName = Bilingual("Experts", "エキスパート")
  static let domainName = Bilingual("Domains", "ドメイン別の劣化")
  static let allocationName = Bilingual("Mixed models", "混合精度")

  // MARK: Legends

  static func roles(_ roles: Set<TrialRole>) -> [LegendEntry] {
    let entries: [(TrialRole, Bilingual)] = [
      (.gptq, "GPTQ"),
      (.rtn, Bilingual("round-to-nearest (RTN), same grid", "最近接丸め（RTN）、同じグリッド")),
      (.fault, Bilingual("packer other than exact", "exact 以外のパッキング")),
    ]
    return entries.filter { roles.contains($0.0) }
      .map { LegendEntry(mark: "key-\($0.0.rawValue)", text: $0.1) }
  }

  static let baseEntry = LegendEntry(
    mark: "key-base", text: Bilingual("base model", "元モデル"))
  static let frontEntry = LegendEntry(
    mark: "key-front", text: Bilingual("size-quality front", "サイズと品質のパレートフロント"))
  static let dampLegend = [
    LegendEntry(mark: "key-line-gptq", text: Bilingual("held-out text", "評価テキスト")),
    LegendEntry(mark: "key-dashed-gptq", text: Bilingual("calibration", "キャリブレーションデータ")),
    LegendEntry(
      mark: "key-band-gptq",
      text: Bilingual(
        "the gap: fitted to the calibration text alone", "差：キャリブレーションデータだけへの適合")),
    LegendEntry(
      mark: "key-line-rtn", text: Bilingual("round-to-nearest, held-out text", "最近接丸め、評価テキスト")),
  ]

  // MARK: Titles and how to read

  static let sizeDivergenceTitle = Bilingual("Size against divergence", "サイズと KL ダイバージェンス")
  static let sizeDivergenceReading = Bilingual(
    "Lower left is better. Bars: ± one standard error. Labels: the picks, their RTN and the base, "
      + "whose KL is 0.",
    "左下ほど良い結果です。縦棒は ± 標準誤差。ラベルは選択肢、その RTN、元モデル（KL は 0）。")

  static func sizeQualityTitle(_ findings: Findings) -> Bilingual {
    let question = Bilingual("What does a bit buy?", "ビット数を増やす効果は？")
    let trials = findings.front.compactMap { findings.results.trial($0) }
    guard let smallest = trials.first, let largest = trials.last, trials.count > 1,
      let low = findings.standings.evaluation(smallest),
      let high = findings.standings.evaluation(largest)
    else { return question }
    let bits = [smallest, largest].map { NumberText.significant($0.bitsPerWeight, 2) }
    let values = [low, high].map { NumberText.significant($0.perplexity, 4) }
    return question
      + Bilingual(
        " From \(bits[0]) to \(bits[1]) bits per weight, perplexity falls from \(values[0]) to "
          + values[1],
        " 重みあたり \(bits[0]) → \(bits[1]) ビットでパープレキシティは \(values[0]) → \(values[1])")
  }

  static let sizeQualityReading = Bilingual(
    "Lower left is better. Bars: ± one standard error of the paired difference to the base, the "
      + "scale on which trials are compared. Labels: the best trial of each size, and trials damaged "
      + "by the packer. Arrows: points above the axis.",
    "左下ほど良い結果です。縦棒は元モデルとの対応のある差の ± 標準誤差で、トライアルの比較に使う尺度です。"
      + "ラベルは各サイズの最良トライアルと、パッキングで劣化したトライアル。矢印は軸の上に外れた点です。")

  /// At which value a trial stands that was repeated; nothing where none was.
  static func repeated(_ findings: Findings) -> Bilingual {
    findings.results.ranked.contains { findings.standings.isRepeated($0) }
      ? Bilingual(
        " Trials that were repeated stand at the mean of their repeats, as in the findings; their tooltips "
          + "have their own scores, too.",
        "再実行したトライアルは、わかったことの文と同じく再実行の平均の位置にあります（ツールチップには個々の値もあります）。")
      : ""
  }

  static let heatMapTitle = Bilingual("Where does the error sit?", "誤差はどこにあるか")
  static func heatMapReading(hasExperts: Bool) -> Bilingual {
    Bilingual(
      "One cell per module, by its relative error on held-out text; both trials on one "
        + "scale. \(hasExperts ? "The experts of a layer stand together (*), by their mean." : "")",
      "1 セルが 1 モジュールで、色は評価テキストでの相対誤差です（両トライアル共通の目盛）。"
        + "\(hasExperts ? "同じ層のエキスパートは平均で 1 セルにまとめています（*）。" : "")")
  }

  /// What only a screen can do.
  static let heatMapHint = Bilingual(
    "Hover over or tap a cell to see its value; choose other trials from the lists.",
    "セルにカーソルを合わせるかタップすると値が表示されます。トライアルはリストから選べます。")

  static func heatMapLabel(_ trial: String) -> Bilingual {
    Bilingual(
      "Relative held-out error by layer and module, \(trial)",
      "層とモジュールごとの評価テキストでの相対誤差、\(trial)")
  }

  static let rampName = Bilingual("relative error", "相対誤差")
  static let worst = Bilingual("largest:", "最大：")
  static let measureLabel = Bilingual("Cells show", "セルの値")
  static let versus = Bilingual("left over right", "左を右で割った比を表示")
  static let versusNote = Bilingual(
    "Left panel: magenta where it is larger than the right one, blue where smaller; full colour from a "
      + "factor of 4.",
    "左の図：右より大きいセルは赤紫、小さいセルは青（4 倍以上で最も濃い）。")

  static func omitted(_ count: Int) -> Bilingual {
    count == 0
      ? ""
      : Bilingual(
        " \(count) more trials are in layers.csv only.", "ほかの \(count) トライアルは layers.csv にあります。")
  }

  static func dampTitle(_ findings: Findings) -> Bilingual {
    let question = Bilingual("Does damping matter?", "damp_percent は影響するか")
    for case .setting(let effect) in findings.all where effect.key == "damp_percent" {
      let count = effect.groups.filter { !$0.losers.isEmpty }.count
      guard count > 0 else {
        return question
          + Bilingual(
            " No measurable difference in quality, on any grid tried",
            "：試したどのグリッドでも品質に測定できる差なし")
      }
      return question
        + Bilingual(
          " Beyond noise on \(count) of \(effect.groups.count) "
            + (effect.groups.count == 1 ? "combination" : "combinations"),
          "：\(effect.groups.count) 通り中 \(count) 通りで誤差を超える差")
    }
    return question
  }

  static let dampReading = Bilingual(
    "Mean relative error over modules against damp_percent, both logarithmic; damp 0 stands left of "
      + "the break. Large mark: the lowest held-out error. Panels of one grid share their scale.",
    "横軸は damp_percent、縦軸はモジュール平均の相対誤差で、どちらも対数です（damp 0 は軸の切れ目の左）。"
      + "大きな印は評価テキストでの誤差が最小の点。同じグリッドの図は縦軸が共通です。")

  static let depthTitle = Bilingual(
    "How does the error grow with depth?", "誤差は層を進むとどう増えるか")
  static let depthReading = Bilingual(
    "Squared error of the residual stream after each layer over its squared norm, on held-out "
      + "text: the best trial of each size (of the \(DepthPlot.sizeLimit) smallest at most), its round-to-nearest companion, and trials damaged by the "
      + "packer. Trials within 10 % of each other after every layer share a line. The base's error is 0.",
    "各層の後の残差ストリームの二乗誤差を二乗ノルムで割った値（評価テキスト）。"
      + "各サイズ（小さいほうから最大 \(DepthPlot.sizeLimit) 個）の最良トライアル、その最近接丸め、"
      + "パッキングで劣化したトライアル。すべての層で差が 10 % 以内のトライアルは 1 本の線にまとめています。元モデルの誤差は 0 です。")

  static let domainTitle = Bilingual(
    "Does the loss depend on the text?", "劣化はテキストの種類によるか")
  static let domainReading = Bilingual(
    "Further left is nearer to the base. Bars: ± one standard error. A domain that lies far right "
      + "of the others is one that the calibration set does not cover.",
    "左ほど元モデルに近い結果です。横棒は ± 標準誤差。他より大きく右にあるドメインは、"
      + "キャリブレーションデータに含まれない種類のテキストです。")

  // MARK: Tooltips

  /// What a plot of sizes says of a trial: its size, and its scores under the names of `columns`; of one
  /// that was repeated the mean, too, at which it may stand.
  static func tooltip(
    _ trial: TrialResult, _ findings: Findings, _ columns: [String]
  ) -> String {
    let results = findings.results
    guard let evaluation = results.mainEvaluation(trial) else { return findings.names.label(trial) }
    func numbers(_ evaluation: Evaluation) -> [(column: String, value: Double)] {
      EvaluationMetric.all.filter { columns.contains($0.name) }.flatMap { metric in
        [(metric.name, metric.value(evaluation))]
          + (metric.stderr.map { [(metric.stderrName, $0(evaluation))] } ?? [])
      }
    }
    var text = tooltip(
      trial, findings.names,
      [("bits_per_weight", trial.bitsPerWeight), ("size_bytes", Double(trial.sizeBytes))]
        + numbers(evaluation))
    if findings.standings.isRepeated(trial), let mean = findings.standings.evaluation(trial) {
      text += numbers(mean).filter { !$0.value.isNaN }
        .map { "\nmean of draws: \($0.column) \(NumberText.shortest($0.value))" }.joined()
    }
    return text
  }

  static func dampTooltip(_ point: DampPlot.Point, _ names: TrialNames) -> String {
    tooltip(
      point.trial, names,
      [
        ("relative_error_calibration_mean", point.calibration),
        ("relative_error_heldout_mean", point.heldout),
      ])
  }

  static func depthTooltip(_ group: [DepthPlot.Line], _ names: TrialNames) -> String {
    group.compactMap { line in
      line.points.last.map {
        "\(names.label(line.trial))\nhidden_error_last \(NumberText.shortest($0.error))"
      }
    }.joined(separator: "\n")
  }

  static func domainTooltip(_ mark: DomainPlot.Mark, _ names: TrialNames) -> String {
    tooltip(
      mark.trial, names, [("kld_mean", mark.kld), ("kld_stderr", mark.stderr)],
      domain: mark.domain)
  }
}
