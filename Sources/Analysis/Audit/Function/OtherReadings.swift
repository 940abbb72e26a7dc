import Basics
import Foundation
import Model
import Tokenizers

/// Plain text through a checkpoint that is alone, read otherwise than it says: what scores better so was
/// written wrongly.
struct OtherReadings {
  let checkpoint: URL
  let model: Decoder
  let tokenizer: Tokenizer

  /// Tokens of one window, some languages one after another: long enough for positions to matter, and
  /// no longer than models are trained on.
  static let length = 512

  /// Tokens that tell most readings from a gain.
  private static let firstLook = 128

  /// Multiplications and additions that it takes where few readings are left open.
  static func operations(_ config: ModelConfig) -> Double {
    let passes = length + 8 * firstLook
    return 2 * Double(config.linearParameters) * Double(passes)
      + (PartReadings.isAffordable(config) ? PartReadings.operations(config) : 0)
  }

  /// Every reading's gain, the largest first; none where the text is too short in this vocabulary.
  func gains() throws(InputError) -> [ReadingGain] {
    let texts = ProbeText.all.sorted { $0.language == "English" && $1.language != "English" }
    let tokens = texts.flatMap { tokenizer.encode($0.text) }
    let window = Array(tokens.prefix(min(Self.length, model.config.maxPositions)))
    guard window.count >= 64 else { return [] }
    let own = try score(model, window)
    var gains: [ReadingGain] = []
    let first = Array(window.prefix(Self.firstLook))
    for other in OtherReading.all(of: model, checkpoint: checkpoint, positions: window.count) {
      if !other.isLate {
        guard let scores = try? score(other.decoder, first) else { continue }
        let gain = ReadingGain(
          other.name, own: Array(own.prefix(first.count - 1)), other: scores)
        guard gain.isOpen else {
          gains.append(gain)
          continue
        }
      }
      gains.append(ReadingGain(other.name, own: own, other: try score(other.decoder, window)))
    }
    if PartReadings.isAffordable(model.config) {
      let short = window.prefix(PartReadings.length(layers: model.config.layers))
      gains += try PartReadings(model: model, window: Array(short)).gains()
    }
    return gains.filter(\.gain.isFinite).sorted { $0.gain > $1.gain }
  }

  private func score(_ model: Decoder, _ window: [Int32]) throws(InputError) -> [Double] {
    var states = try model.embed([window])
    try model.walk(positions: window.count) { layer, stage in
      layer.advance(&states, through: stage)
    }
    return try model.head().compare(base: states, trials: [states], windows: [window])[0]
      .map(\.baseNLL)
  }
}
