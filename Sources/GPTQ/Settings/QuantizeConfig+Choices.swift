import Compute

extension QuantizeConfig {
  /// The rule that chooses the codes.
  public enum Algorithm: String, Sendable, Codable, CaseIterable {
    /// Frantar et al., arXiv 2210.17323.
    case gptq
    /// Li et al., arXiv 2504.02692: GPTQ whose updates also make up for what the layers before did to
    /// the inputs. Needs the base model's inputs beside the quantized model's.
    case gptaq
    /// Round to nearest: the baseline that stands beside every GPTQ result.
    case rtn
  }

  /// What happens when a solve fails, or ends worse than round-to-nearest.
  public enum Rescue: String, Sendable, Codable, CaseIterable {
    /// Repeat in Double, then with more damp; the path taken is recorded.
    case auto
    /// Exactly the damp asked for; a failure is recorded as one.
    case off
  }

  /// Which weights a group's scale is fitted to, when several groups start inside one block of the
  /// column loop.
  public enum GroupTiming: String, Sendable, Codable, CaseIterable {
    /// The weights as they stood when the block began: what IST-DASLab, AutoGPTQ and GPTQModel do.
    case blockStart = "stale"
    /// The weights with every update so far.
    case current = "fresh"
  }
}

extension QuantizeConfig {
  /// What the errors of a group's weights are weighted by where its grid is searched for.
  public enum ScaleSearch: String, Sendable, Codable, CaseIterable {
    /// No search: grids span the range of the weights.
    case none
    /// Nothing: the sum of squared errors.
    case mse
    /// diag H: the mean square of each input.
    case activation
    /// The group's block of H.
    case hessian
  }
}

extension QuantizeConfig {
  /// Whether it asks how the inputs of a linear differ from those of the base model.
  public var usesShift: Bool { algorithm == .gptaq || errorPropagation > 0 }
}

extension QuantizeConfig.Algorithm: SettingType {}
extension QuantizeConfig.ScaleSearch: SettingType {}
extension GridSpan: SettingType {}
extension QuantizeConfig.Rescue: SettingType {}
extension QuantizeConfig.GroupTiming: SettingType {}
