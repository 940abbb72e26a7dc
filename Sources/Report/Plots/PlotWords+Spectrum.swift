import Analysis
import Results

/// The words of the plot of spectra.
extension PlotWords {
  static let spectrumName = Bilingual("Hessian spectrum", "ヘッセ行列のスペクトル")
  static let eigenvalueAxis = Bilingual(
    "eigenvalue / mean of the diagonal", "固有値 ÷ 対角成分の平均")
  static let noSpectra = Bilingual(
    "the study keeps no eigenvalues: an older tenbin made it, or every Hessian is wider than "
      + "\(NumberText.count(HessianSpectrum.widest)) columns.",
    "スタディに固有値がありません。旧版の tenbin で作成されたか、ヘッセ行列がすべて "
      + "\(NumberText.count(HessianSpectrum.widest)) 列を超えています。")

  static func spectrumTitle(_ plot: SpectrumPlot) -> Bilingual {
    let question = Bilingual("How much does damping decide?", "ダンピングが決めている割合は")
    guard let damp = plot.mainDamp else { return question }
    let shares = plot.sites.flatMap { site in
      site.places.compactMap { place in
        place.share(below: damp).map { (share: $0, place: place, site: site) }
      }
    }
    guard let worst = shares.max(by: { $0.share < $1.share }) else { return question }
    let mean = shares.reduce(0) { $0 + $1.share } / Double(shares.count)
    let name = NumberText.brief(damp)
    guard worst.share > 0 else {
      return question
        + Bilingual(
          " No eigenvalue lies below damp_percent \(name)", "：damp_percent \(name) より小さい固有値はなし")
    }
    let (text, most) = (NumberText.percent(mean), NumberText.percent(worst.share))
    let (layer, linears) = (worst.place.layer, worst.site.linears)
    return question
      + Bilingual(
        " Below damp_percent \(name) lie on average \(text) of the eigenvalues, at most \(most) "
          + "(input of \(linears), layer \(layer))",
        "：damp_percent \(name) より小さい固有値は平均 \(text)、最大 \(most)（層 \(layer) の \(linears) の入力）")
  }

  static func spectrumReading(_ plot: SpectrumPlot) -> Bilingual {
    var text = Bilingual(
      "One panel per input, layer by layer. Each Hessian's eigenvalues, divided by the mean of its diagonal: "
        + "in that unit, damp_percent 0.01 adds 0.01 to every eigenvalue. Where an eigenvalue lies below a "
        + "dashed line, that damp outweighs the calibration text; where all lie above it, the damp changes "
        + "little.",
      "1 枚が 1 種類の入力で、層ごとのヘッセ行列の固有値を対角成分の平均で割った値です。"
        + "この単位では、damp_percent 0.01 はすべての固有値に 0.01 を加えます。"
        + "固有値が破線より下なら、その値のダンピングがキャリブレーションテキストより強く効きます。"
        + "すべて上なら、ダンピングはほとんど影響しません。")
    if let trial = plot.mainTrial {
      text =
        text
        + Bilingual(
          " The bold line is the damp of #\(trial).", "太い破線は #\(trial) の値です。")
    }
    text =
      text
      + (plot.trial.map {
        Bilingual(
          " Inputs as #\($0) sees them, behind its own quantized layers.",
          "入力は #\($0) の量子化済みの層を通ったものです。")
      } ?? Bilingual(" Inputs are the base's.", "入力は元モデルのものです。"))
    if plot.hasExperts {
      text =
        text
        + Bilingual(
          " Experts (*): four a layer were decomposed; bands reach from the lowest to the highest of them.",
          "エキスパート（*）は 1 層につき 4 個を分解し、帯はその最小から最大までです。")
    }
    if plot.missing > 0 {
      text =
        text
        + Bilingual(
          " \(plot.missing) Hessians are not shown: wider than "
            + "\(NumberText.count(HessianSpectrum.widest)) columns, or without numbers.",
          "\(plot.missing) 個のヘッセ行列は \(NumberText.count(HessianSpectrum.widest)) "
            + "列を超えるか数値がないため、表示していません。")
    }
    return text
  }

  static func spectrumLegend(_ plot: SpectrumPlot) -> [LegendEntry] {
    var entries = [
      LegendEntry(mark: "key-line-gptq", text: Bilingual("median", "中央値")),
      LegendEntry(
        mark: "key-band-gptq twice",
        text: Bilingual("10th to 90th percentile", "10〜90 パーセンタイル")),
      LegendEntry(
        mark: "key-band-gptq", text: Bilingual("1st to 99th percentile", "1〜99 パーセンタイル")),
      LegendEntry(
        mark: "key-line-gptq dash-2", text: Bilingual("smallest, largest", "最小、最大")),
      LegendEntry(
        mark: "key-line-ink dash-1", text: Bilingual("damp_percent tried", "試した damp_percent")),
    ]
    if plot.sites.contains(where: { $0.places.contains { $0.deadColumns > 0 } }) {
      entries.append(
        LegendEntry(
          mark: "key-fault",
          text: Bilingual(
            "inputs that are always 0, without an eigenvalue", "常に 0 の入力（固有値から除外）")))
    }
    return entries
  }

  /// Every number in all digits, under the names of spectra.csv.
  static func spectrumTooltip(
    _ place: SpectrumPlot.Place, _ site: SpectrumPlot.Site, _ damps: [Double]
  ) -> String {
    var lines = ["layers.\(place.layer) \(site.kinds.joined(separator: " "))"]
    if place.spectra.count > 1 { lines.append("hessians \(place.spectra.count)") }
    for level in [0, 0.5, 1] {
      lines.append(
        "quantile_\(NumberText.brief(level)) \(NumberText.shortest(place.quantile(level)))")
    }
    for damp in damps {
      guard let share = place.share(below: damp) else { continue }
      lines.append("share_below_\(NumberText.brief(damp)) \(NumberText.shortest(share))")
    }
    if let condition = place.conditionNumber {
      lines.append("condition_number \(NumberText.shortest(condition))")
    }
    if place.deadColumns > 0 { lines.append("dead_columns \(place.deadColumns)") }
    return lines.joined(separator: "\n")
  }
}
