import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor
import Tokenizers

/// Runs a checkpoint as it is, whole, on a little text: beside its base, layer by layer, where that is
/// at hand, and alone otherwise.
struct FunctionCheck {
  let checkpoint: URL
  let base: URL?
  let engine: any Engine

  /// Tokens of each text that are taken.
  static let length = 192

  /// Tokens of each text beside the base, where three models run: a fourth as many tell the same of models
  /// on which they take longer than everything else, since all three score the same ones.
  static func length(beside base: ModelConfig) -> Int {
    base.linearParameters > 300_000_000 ? length / 4 : length
  }

  /// What was found; nil where the base is no model of as many layers and channels, of which other
  /// checks tell. Throws where a side cannot be run.
  func run() throws(InputError) -> FunctionReport? {
    let model = try Decoder.open(checkpoint, engine: engine) { _ in }
    let tokenizer = try Tokenizer(directory: base ?? checkpoint)
    let texts = base == nil ? ProbeText.all + ProbeText.more : ProbeText.all
    let length = base == nil ? Self.length : Self.length(beside: model.config)
    let windows = texts.map { Array(tokenizer.encode($0.text).prefix(length)) }
    guard let base else {
      let mine = try advance(model, windows)
      let statistics = try model.head().compare(
        base: mine, other: mine, otherHead: model.head(), windows: windows)
      let best = Self.best(statistics.map(\.nll), windows)
      let others = OtherReadings(checkpoint: checkpoint, model: model, tokenizer: tokenizer)
      return FunctionReport(
        texts: texts.map(\.language), tokens: statistics.count, perplexity: exp(best.mean),
        basePerplexity: nil, divergence: nil, rtnDivergence: nil, layers: [],
        readings: try others.gains())
    }
    return try compare(model, Decoder(directory: base, engine: engine), windows)
  }

  private func advance(
    _ model: Decoder, _ windows: [[Int32]]
  ) throws(InputError) -> HiddenStates {
    var states = try model.embed(windows)
    try model.walk(positions: Self.length) { layer, stage in
      layer.advance(&states, through: stage)
    }
    return states
  }

  /// Base, checkpoint and round-to-nearest side by side.
  private func compare(
    _ model: Decoder, _ base: Decoder, _ windows: [[Int32]]
  ) throws(InputError) -> FunctionReport? {
    guard model.config.layers == base.config.layers,
      model.config.hiddenSize == base.config.hiddenSize
    else { return nil }
    let reader = try? GPTQCheckpointReader(checkpoint)
    var (theirs, mine, nearest) = (
      try base.embed(windows), try model.embed(windows), try base.embed(windows)
    )
    var layers: [FunctionReport.Layer] = []
    try base.walk(
      positions: Self.length,
      finished: { (layer) throws(InputError) in
        try model.layer(layer.index, positions: Self.length).advance(&mine)
        let power = max(theirs.squaredNorm, .leastNormalMagnitude)
        layers.append(
          FunctionReport.Layer(
            error: mine.squaredDistance(to: theirs) / power,
            rtnError: nearest.squaredDistance(to: theirs) / power))
      },
      visit: { (layer, stage) throws(InputError) in
        layer.advance(&theirs, through: stage)
        layer.advance(&nearest, through: stage, weights: rounded(layer, stage, reader))
      })
    let head = try base.head()
    let own = try head.compare(
      base: theirs, other: mine, otherHead: model.head(), windows: windows)
    let rtn = try head.compare(base: theirs, other: nearest, otherHead: head, windows: windows)
    let best = Self.best(own.map(\.baseNLL), windows)
    let scored = Self.parts(own.map(\.nll), windows)[best.place]
    return FunctionReport(
      texts: ProbeText.all.map(\.language), tokens: own.count,
      perplexity: exp(Self.mean(scored)), basePerplexity: exp(best.mean),
      divergence: Self.mean(own.map(\.kld)), rtnDivergence: Self.mean(rtn.map(\.kld)),
      layers: layers, readings: [])
  }

  /// The base's weights of a stage rounded to the nearest on grids like the checkpoint's.
  private func rounded(
    _ layer: DecoderLayer, _ stage: Stage, _ reader: GPTQCheckpointReader?
  ) -> StageWeights {
    var weights: StageWeights = [:]
    for linear in stage.linears {
      let name = linear.name.tensorPrefix(layer: layer.index)
      guard let reader, reader.isQuantized(name), let settings = try? reader.moduleSettings(name)
      else { continue }
      var config = QuantizeConfig()
      (config.bits, config.groupSize, config.sym) = (
        settings.bits, settings.groupSize, settings.sym
      )
      weights[linear.name] =
        RoundToNearest.quantize(layer.weight(linear.name), config: config, engine: engine)
        .linear.dequantized()
    }
    return weights
  }

  /// The window whose mean is least, and its mean: a model knows some of the languages.
  private static func best(_ values: [Double], _ windows: [[Int32]]) -> (place: Int, mean: Double) {
    let means = parts(values, windows).map(mean)
    let place = means.indices.min { means[$0] < means[$1] } ?? 0
    return (place, means.isEmpty ? .nan : means[place])
  }

  /// `values`, one for each predicted token, window by window.
  private static func parts(_ values: [Double], _ windows: [[Int32]]) -> [[Double]] {
    var start = 0
    return windows.map { window in
      defer { start += window.count - 1 }
      return Array(values[start..<start + window.count - 1])
    }
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(values.count, 1))
  }
}
