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
    let (text, most) = (NumberText.percent(mean, 1), NumberText.percent(worst.share, 1))
    let name = NumberText.brief(damp)
    let place = "layers.\(worst.place.layer) \(worst.site.name)"
    return question
      + Bilingual(
        " Below damp_percent \(name) lie \(text) of the eigenvalues on average, \(most) in \(place)",
        "：damp_percent \(name) より小さい固有値は平均 \(text)、最大は \(place) の \(most)")
  }

  static func spectrumReading(_ plot: SpectrumPlot) -> Bilingual {
    var text = Bilingual(
      "One panel per input: eigenvalues of its Hessian in each layer, in units in which damp_percent is "
        + "the dashed line. Directions below a line are decided by that damp rather than by the "
        + "calibration tokens; where a line lies below the whole band, it changes little.",
      "1 枚が 1 種類の入力で、層ごとのヘッセ行列の固有値です。単位は damp_percent と同じで、破線が試した値です。"
        + "線より下の方向は、キャリブレーションではなくダンピングで決まります。帯がすべて線より上なら、その値はほとんど影響しません。")
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
        mark: "key-band-gptq",
        text: Bilingual("1st to 99th, 10th to 90th percentile", "1〜99、10〜90 パーセンタイル")),
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
