import Results

/// The words of the plot of weight errors.
extension PlotWords {
  static let weightErrorName = Bilingual("Weight errors", "重みの誤差")
  static let weightErrorTitle = Bilingual(
    "How far are the weights from the base's?", "重みは元モデルからどれだけ離れたか")
  static let weightShareAxis = Bilingual("share per bin", "区間ごとの割合")

  static func movedAndClipped(_ moved: String, _ clipped: String) -> Bilingual {
    Bilingual("moved \(moved), clipped \(clipped)", "移動 \(moved)、切り詰め \(clipped)")
  }

  static let stepsAxis = Bilingual("error in steps of the grid", "誤差（グリッドの刻み幅を 1 とする）")
  static let noWeightErrors = Bilingual(
    "the study keeps no weight errors: an older tenbin made it, or no trial is complete.",
    "スタディに重みの誤差がありません。旧版の tenbin で作成されたか、完了したトライアルがありません。")

  static func weightErrorReading(_ plot: WeightErrorPlot) -> Bilingual {
    var text = Bilingual(
      "One panel per kind of linear, all layers: the base's weight minus the quantized one, in steps of "
        + "its group's grid, in bins of ⅛ step (the outermost hold all beyond ±3). Within ±½ (dotted) the "
        + "code is the nearest one. Beyond it are weights that the column loop, or a packer, moved, and "
        + "those clipped since the grid ends before them.",
      "1 枚が 1 種類の線形層（全層）で、横軸は（元の重み − 量子化後の重み）÷ グループの刻み幅、区間は ⅛ 刻みです（両端は ±3 の外側すべて）。"
        + "±½（点線）以内は最も近い量子化コードです。その外側は、ほかの列の誤差を補うために動かされた重み（またはパッカーが変えた重み）と、"
        + "グリッドの端で切り詰められた重みです。")
    if plot.isSymmetric {
      text =
        text
        + Bilingual(
          " A symmetric grid (sym) ends one step earlier on its positive side, so that weights are "
            + "clipped there first.",
          "対称なグリッド（sym）は正の側が 1 刻み短いため、切り詰めはまず正の側で起こります。")
    }
    return plot.omitted == 0
      ? text
      : text
        + Bilingual(
          " \(plot.omitted) more trials are in weight_errors.csv only.",
          "ほかの \(plot.omitted) トライアルは weight_errors.csv にあります。")
  }

  static func weightErrorLegend(hasCompanion: Bool) -> [LegendEntry] {
    var entries = [
      LegendEntry(
        mark: "key-band-gptq", text: Bilingual("this trial, in its grid", "このトライアル（グリッドの範囲内）")),
      LegendEntry(
        mark: "fault block",
        text: Bilingual(
          "clipped: the code is an end of the grid, the base's weight lies beyond it",
          "切り詰め（量子化コードがグリッドの端で、元の重みはその外側）")),
    ]
    if hasCompanion {
      entries.append(
        LegendEntry(
          mark: "key-line-rtn dash-1",
          text: Bilingual("round-to-nearest of the same grid", "同じグリッドの RTN")))
    }
    return entries
  }
}
