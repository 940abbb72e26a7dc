import Analysis
import Model

/// The spectrum of what some linears of a layer read in calibration, as a study keeps it: once for a
/// calibration draw, not for each trial.
public struct StudySpectrum: Sendable, Codable, Equatable {
  /// The calibration draw; 0 is the study's own set.
  public var draw: Int
  /// The decoder layer, from 0.
  public var layer: Int
  /// The linears that read it, in the order in which they are solved.
  public var modules: [String]
  /// The trial whose inputs they are: those of its own quantized layers before this one. Nil where they
  /// are the base model's.
  public var trial: Int?
  /// Tokens that H was measured on.
  public var tokens: Int
  /// The eigenvalues.
  public var spectrum: HessianSpectrum

  /// Puts the parts together.
  public init(
    draw: Int, layer: Int, modules: [String], trial: Int?, tokens: Int, spectrum: HessianSpectrum
  ) {
    (self.draw, self.layer, self.modules) = (draw, layer, modules)
    (self.trial, self.tokens, self.spectrum) = (trial, tokens, spectrum)
  }

  /// The names of its linears without the number of an expert.
  public var kinds: [String] { modules.map { LinearName(rawValue: $0).kind } }

  /// The number of the expert whose inputs they are; nil where all tokens pass through.
  public var expert: Int? { modules.first.flatMap { LinearName(rawValue: $0).expert } }
}
