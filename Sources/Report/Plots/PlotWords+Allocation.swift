import Results

/// The words of mixed models.
extension PlotWords {
  static let options = "option, smallest to largest"

  static func allocationTitle(_ allocation: Allocation) -> String {
    let sizes = allocation.mixes.map { NumberText.fixed($0.bitsPerWeight, 2) }
    return "What do mixed models gain? " + sizes.joined(separator: ", ") + " bits per weight"
  }

  static let allocationReading =
    "Lower left is better. Dots: mixed models as measured, each layer on the quantized ones before "
    + "it; dashes and bars: as predicted, and where the measurement lies in 95 of 100 cases. Open circles: "
    + "uniform models."

  static let allocationLegend = [
    LegendEntry(mark: "key-gptq", text: "mixed, measured"),
    LegendEntry(mark: "key-rtn", text: "uniform, measured"),
  ]

  static func uniformTooltip(_ name: String, _ option: Allocation.Option) -> String {
    "\(name), everywhere\n\(NumberText.fixed(option.bitsPerWeight, 3)) bits per weight, "
      + "\(NumberText.bytes(option.sizeBytes))\n"
      + "KL \(option.measured.map { NumberText.significant($0, 4) } ?? NumberText.missing) nats per token"
  }

  static func mixTooltip(_ mix: Allocation.Mix) -> String {
    let interval =
      mix.low.flatMap { low in
        mix.high.map {
          " (\(NumberText.significant(low, 3)) to \(NumberText.significant($0, 3)))"
        }
      } ?? ""
    return (mix.trial.map { "#\($0), mixed" } ?? "mixed")
      + "\n\(NumberText.fixed(mix.bitsPerWeight, 3)) bits per weight, "
      + "\(NumberText.bytes(mix.sizeBytes))\n"
      + "KL predicted \(NumberText.significant(mix.predicted, 4))\(interval), measured "
      + "\(mix.measured.map { NumberText.significant($0, 4) } ?? NumberText.missing)"
  }

  static func allocationMapTitle(_ mix: Allocation.Mix) -> String {
    "Where do the bits go? "
      + (mix.trial.map { "Trial #\($0), " } ?? "")
      + "\(NumberText.fixed(mix.bitsPerWeight, 2)) bits per weight"
  }

  static let allocationMapReading =
    "One cell per part whose linears take one option together, in the order of the layers. Deeper is "
    + "larger. Tooltips: what the part costs, nats per token."

  static func allocationCell(
    _ part: Allocation.Part, _ option: String, _ damage: Double
  ) -> String {
    "layer \(part.layer), \(part.name)\n\(option)\n"
      + "\(NumberText.significant(damage, 3)) nats per token"
  }
}
