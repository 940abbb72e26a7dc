import Foundation

/// How much better plain text is scored where a checkpoint is read otherwise than its files say: with
/// another key of config.json, rows in another order, layers exchanged, or a part left out.
public struct ReadingGain: Sendable, Codable, Equatable {
  /// What was read otherwise, such as `with rope_theta 500000`.
  public let reading: AuditSentence
  /// What the fault would be called.
  public let defect: AuditDefect
  /// The part of the checkpoint that is read otherwise, by prefixes of tensors; empty for all of it.
  public let parts: [String]
  /// Nats per token that it gains; below 0 where the files are right.
  public let gain: Double
  /// The same over the first half of the text alone.
  public let earlyGain: Double
  /// The gain divided by its standard error over tokens.
  public let t: Double

  enum CodingKeys: String, CodingKey {
    case reading, defect, parts, gain, t
    case earlyGain = "early_gain"
  }

  /// The gain of `other`, −log p of each token, over `own`.
  init(_ reading: OtherReading.Name, own: [Double], other: [Double]) {
    (self.reading, defect, parts) = (reading.words, reading.defect, reading.parts)
    let gains = zip(own, other).map { $0 - $1 }
    let half = gains.prefix(gains.count / 2)
    let mean = gains.reduce(0, +) / Double(max(gains.count, 1))
    gain = mean
    earlyGain = half.reduce(0, +) / Double(max(half.count, 1))
    let squares = gains.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error = (squares / Double(max(gains.count - 1, 1)) / Double(max(gains.count, 1)))
      .squareRoot()
    t = error > 0 ? mean / error : 0
  }

  /// Whether no healthy checkpoint gains as much. Where nothing is wrong the best reading of the demo
  /// model gains 0.03 nats in 2 to 16 bits. SmolLM2-135M gains 0.02 in 8 bits, but in 4 bits up to 0.1,
  /// and in 3 bits 1.5 without the MLP of a layer and 0.65 with two layers exchanged: rounding may ruin a
  /// part so far that the model is better off without it, so that single parts say nothing in 3 bits.
  /// Positions are held to more: a model that was trained on shorter text than its config says gains by a
  /// larger rope_theta, too, but only late in the text.
  public func isSignificant(bits: Int) -> Bool {
    guard gain.isFinite, t > 4 else { return false }
    switch (defect, bits) {
    // Rounding to two bits may ruin all.
    case (_, ...2): return false
    case (.changedConfig, _): return gain > 0.3 && earlyGain > 0.1
    case (_, 3): return parts.isEmpty && gain > 0.5
    case (_, ...4): return gain > (parts.isEmpty ? 0.15 : 0.25)
    default: return gain > 0.15
    }
  }

  /// Whether more text could show a gain that is anything, by three standard errors.
  var isOpen: Bool {
    guard gain.isFinite else { return false }
    return gain + (t == 0 ? 0 : 3 * abs(gain / t)) > Self.least
  }

  /// Nats a token below which nothing is called a gain.
  private static let least = 0.1

  /// How sure it is: half a nat is more than half of the way from a model of ten million parameters to
  /// one of a hundred million.
  var level: AuditLevel { gain > 0.5 && t > 8 ? .defective : .suspect }
}
