import Results

/// The words of mixed models.
extension PlotWords {
  static let options = Bilingual("option, smallest to largest", "選択肢（小さい順）")

  static func allocationTitle(_ allocation: Allocation) -> Bilingual {
    let sizes = allocation.mixes.map { NumberText.fixed($0.bitsPerWeight, 2) }
      .joined(separator: ", ")
    return Bilingual(
      "What do mixed models gain? \(sizes) bits per weight", "混合精度の効果：重みあたり \(sizes) ビット")
  }

  static let allocationReading = Bilingual(
    "Lower left is better. Dots: mixed models as measured, each layer on the quantized ones before "
      + "it; dashes and bars: as predicted, and where the measurement lies in 95 of 100 cases. Open "
      + "circles: uniform models.",
    "左下ほど良い結果です。点は混合精度モデルの実測値（各層は量子化済みの前段の出力を入力とする）、"
      + "横線と縦棒は予測値と 95 % 区間、白丸は一様なモデル。")

  static let allocationLegend = [
    LegendEntry(mark: "key-gptq", text: Bilingual("mixed, measured", "混合精度、実測")),
    LegendEntry(mark: "key-rtn", text: Bilingual("uniform, measured", "一様、実測")),
  ]

  static func uniformTooltip(_ name: String, _ option: Allocation.Option) -> String {
    "\(name)\nbits_per_weight \(NumberText.fixed(option.bitsPerWeight, 3)), "
      + "\(NumberText.bytes(option.sizeBytes))\n"
      + "kld_mean \(option.measured.map { NumberText.significant($0, 4) } ?? NumberText.missing)"
  }

  static func mixTooltip(_ mix: Allocation.Mix) -> String {
    let interval =
      mix.low.flatMap { low in
        mix.high.map {
          " [\(NumberText.significant(low, 3)), \(NumberText.significant($0, 3))]"
        }
      } ?? ""
    return (mix.trial.map { "#\($0) mixed" } ?? "mixed")
      + "\nbits_per_weight \(NumberText.fixed(mix.bitsPerWeight, 3)), "
      + "\(NumberText.bytes(mix.sizeBytes))\n"
      + "predicted_kld \(NumberText.significant(mix.predicted, 4))\(interval)\nmeasured_kld "
      + "\(mix.measured.map { NumberText.significant($0, 4) } ?? NumberText.missing)"
  }

  static func allocationMapTitle(_ mix: Allocation.Mix) -> Bilingual {
    let bits = NumberText.fixed(mix.bitsPerWeight, 2)
    let trial = mix.trial.map { "#\($0)" }
    return Bilingual(
      "Where do the bits go? \(trial.map { "Trial \($0), " } ?? "")\(bits) bits per weight",
      "ビットの配分：\(trial.map { "トライアル \($0)、" } ?? "")重みあたり \(bits) ビット")
  }

  static let allocationMapReading = Bilingual(
    "One cell per part whose linears take one option together, in the order of the layers. Deeper is "
      + "larger. Tooltips: what the part costs, nats per token.",
    "1 セルは同じ選択肢をとる部分で、層の順に並びます。色が濃いほど大きい選択肢です。"
      + "ツールチップはその部分による劣化（nat/トークン）。")

  static func allocationCell(
    _ part: Allocation.Part, _ option: String, _ damage: Double
  ) -> String {
    "layers.\(part.layer) \(part.name)\n\(option)\ndamage \(NumberText.significant(damage, 3))"
  }
}
