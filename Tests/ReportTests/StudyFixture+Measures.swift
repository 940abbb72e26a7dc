import Analysis
import Foundation
import GPTQ
import Results

/// Made-up spectra and weight errors of a made-up study.
extension StudyFixture {
  /// What reads the same, in a layer.
  static let sites = [Array(modules[0..<3]), [modules[3]], Array(modules[4..<6]), [modules[6]]]

  /// Eigenvalues that fall like a power of their rank, steeper with depth; down_proj's are steepest. The
  /// second layer has dead inputs.
  var spectra: [StudySpectrum] {
    (0..<layers).flatMap { layer in
      Self.sites.enumerated().map { site, linears in
        let count = site == 3 ? 1536 : 576
        let power = 0.8 + 0.25 * Double(site) + 0.05 * Double(layer)
        let raw = (1...count).map { pow(Double($0), -power) }.sorted()
        let mean = raw.reduce(0, +) / Double(count)
        let values = raw.map { $0 / mean }
        return StudySpectrum(
          draw: 0, layer: layer, modules: linears, trial: nil, tokens: 65_536,
          spectrum: HessianSpectrum(
            method: .exact, inFeatures: count, deadColumns: layer == 1 ? 2 : 0,
            meanDiagonal: 0.25 * Double(layer + 1),
            effectiveRank: Double(count * count) / values.reduce(0) { $0 + $1 * $1 },
            quantiles: HessianSpectrum.levels.map { values[Int($0 * Double(count - 1))] },
            shares: HessianSpectrum.damps.map { damp in
              .init(damp: damp, below: Double(values.count { $0 < damp }) / Double(count))
            }))
      }
    }
  }

  /// The errors of `trial`'s weights: those of rounding, and with less damp more that were moved.
  func weightErrors(_ trial: TrialResult) -> [KindErrors] {
    let spread =
      trial.isRTN ? 0.0 : 0.5 + 0.1 * abs(log10(max(trial.config.quantize.dampPercent, 1e-3)))
    return Self.modules.enumerated().map { index, kind in
      let weights = 100_000 * (index + 1)
      var counts = [Int](repeating: 0, count: WeightErrors.bounds.count + 1)
      var clipped = counts
      for bin in counts.indices {
        let (low, high) = WeightErrors.ends(of: bin)
        let middle = max(-3.25, min(3.25, (max(low, -3.5) + min(high, 3.5)) / 2))
        if WeightErrors.isNearest(bin) {
          counts[bin] = weights / 8
        } else if spread > 0 {
          counts[bin] = Int(Double(weights) / 20 * exp(-middle * middle / (2 * spread * spread)))
        }
      }
      clipped[WeightErrors.bounds.firstIndex(of: 0.625) ?? 0] = 12 + index
      clipped[0] = trial.config.packer == .exact ? index % 2 : weights / 200
      return KindErrors(
        kind: kind,
        errors: WeightErrors(
          counts: counts, clipped: clipped, dead: index == 6 ? 30 : 0,
          squares: Double(weights) * (1.0 / 12 + spread * spread)))
    }
  }
}
