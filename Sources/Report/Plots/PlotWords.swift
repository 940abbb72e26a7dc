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

  static let heatMapTitle = Bilingual("Where does the error sit?", "誤差はどこにあるか")
  static func heatMapReading(hasExperts: Bool) -> Bilingual {
    Bilingual(
      "One cell per module, by its relative error on held-out text; both trials on one logarithmic "
        + "scale. \(hasExperts ? "The experts of a layer stand together (*), by their mean. " : "")"
        + "Hover over or tap a cell to see its value; choose other trials from the lists.",
      "1 セルが 1 モジュールで、色は評価テキストでの相対誤差です（両トライアル共通の対数目盛）。"
        + "\(hasExperts ? "同じ層のエキスパートは平均で 1 セルにまとめています（*）。" : "")"
        + "セルにカーソルを合わせるかタップすると値が表示されます。トライアルはリストから選べます。")
  }

  static func heatMapLabel(_ trial: String) -> Bilingual {
    Bilingual(
      "Relative held-out error by layer and module, \(trial)",
      "層とモジュールごとの評価テキストでの相対誤差、\(trial)")
  }

  static let rampName = Bilingual("relative error", "相対誤差")
  static let worst = Bilingual("worst:", "最大：")

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
      + "text: the best trial of each size, its round-to-nearest companion, and trials damaged by the "
      + "packer.",
    "各層の後の残差ストリームの二乗誤差を二乗ノルムで割った値（評価テキスト）。"
      + "各サイズの最良トライアル、その最近接丸め、パッキングで劣化したトライアル。")

  static let domainTitle = Bilingual(
    "Does the loss depend on the text?", "劣化はテキストの種類によるか")
  static let domainReading = Bilingual(
    "Further left is nearer to the base. Bars: ± one standard error. A domain that lies far right "
      + "of the others is one that the calibration set does not cover.",
    "左ほど元モデルに近い結果です。横棒は ± 標準誤差。他より大きく右にあるドメインは、"
      + "キャリブレーションデータに含まれない種類のテキストです。")

  // MARK: Tooltips

  static func tooltip(_ trial: TrialResult, _ names: TrialNames, _ results: StudyResults) -> String
  {
    guard let evaluation = results.mainEvaluation(trial) else { return names.label(trial) }
    var lines = [
      names.label(trial),
      "bits_per_weight \(NumberText.significant(trial.bitsPerWeight, 4)), "
        + NumberText.bytes(trial.sizeBytes),
      "perplexity \(NumberText.estimate(evaluation.perplexity, evaluation.perplexityStderr))",
    ]
    if results.mainBase != nil {
      lines.append(
        "nll_delta \(NumberText.estimate(evaluation.nllDelta, evaluation.nllDeltaStderr, signed: true))"
      )
      lines.append("kld_mean \(NumberText.estimate(evaluation.kldMean, evaluation.kldStderr))")
    }
    return lines.joined(separator: "\n")
  }

  static func dampTooltip(_ point: DampPlot.Point, _ names: TrialNames) -> String {
    "\(names.label(point.trial))\n"
      + "relative_error_calibration \(NumberText.significant(point.calibration, 3))\n"
      + "relative_error_heldout \(NumberText.significant(point.heldout, 3)) "
      + "(\(NumberText.significant(point.heldout / point.calibration, 3)) ×)"
  }

  static func depthTooltip(_ line: DepthPlot.Line, _ names: TrialNames) -> String {
    let last = line.points.last.map {
      "layers.\($0.layer): hidden_error \(NumberText.significant($0.error, 2))"
    }
    return "\(names.label(line.trial))\n\(last ?? "")"
  }

  static func domainTooltip(_ mark: DomainPlot.Mark, _ names: TrialNames) -> String {
    "\(names.label(mark.trial))\n\(mark.domain)\n"
      + "kld_mean \(NumberText.estimate(mark.kld, mark.stderr))"
  }
}
