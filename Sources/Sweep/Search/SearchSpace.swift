import Basics
import Codecs
import GPTQ
import Results

/// The settings that a sweep varies, and what each may be.
public struct SearchSpace: Sendable {
  /// One value for each axis.
  typealias Point = [JSONValue]

  /// One setting.
  struct Axis: Sendable {
    var setting: TrialSetting
    var domain: SearchDomain
  }

  /// The settings, in the order of `TrialConfig.settings`.
  let axes: [Axis]
  /// What trials have where no axis says otherwise.
  let usual: TrialConfig
  private let reader: SweepReader

  /// Draws that may miss before a space counts as used up.
  static let patience = 1000

  /// Checks the parameters of a sweep file: values that no trial could have are refused here. What
  /// they leave out is as in `usual`.
  init(
    _ domains: [String: SearchDomain], usual: TrialConfig = TrialConfig(), _ reader: SweepReader
  ) throws(InputError) {
    self.reader = reader
    self.usual = usual
    var axes: [Axis] = []
    for setting in TrialConfig.settings {
      guard let domain = domains[setting.key] else { continue }
      axes.append(Axis(setting: setting, domain: domain))
    }
    self.axes = axes
    for axis in axes { try check(axis) }
  }

  /// The settings that have more than one value.
  public var searched: [TrialSetting] {
    axes.filter { !$0.domain.isConstant }.map(\.setting)
  }

  /// What the setting may be; nil where the sweep file does not name it.
  public func domain(of setting: TrialSetting) -> SearchDomain? {
    axes.first { $0.setting == setting }?.domain
  }

  /// The trial at `point`.
  func config(at point: Point) throws(InputError) -> TrialConfig {
    var config = usual
    for (axis, value) in zip(axes, point) { try set(axis, value, in: &config) }
    try config.validate()
    return config
  }

  /// The point at which `config` stands.
  func point(of config: TrialConfig) -> Point {
    axes.map { axis in
      // A choice as it is written: the one that would change nothing.
      if case .categorical(let choices, _) = axis.domain {
        for choice in choices {
          var same = config
          if (try? set(axis, choice, in: &same)) != nil, same == config {
            return choice
          }
        }
      }
      return axis.setting.value(config)
    }
  }

  /// Every combination, the last axis varying fastest; equal trials once.
  func grid() throws(InputError) -> [TrialConfig] {
    var points: [Point] = [[]]
    for axis in axes {
      guard let values = axis.domain.finiteValues else {
        throw reader.wrong(
          axis.setting.key, "a continuous distribution under method: grid",
          "a list of `values` in a grid; or write method: random, or bayes")
      }
      guard points.count * values.count <= 100_000 else {
        throw reader.wrong(
          "parameters", "a grid of more than 100000 trials", "smaller, or method: random")
      }
      points = points.flatMap { point in values.map { point + [$0] } }
    }
    var seen = Set<TrialConfig>()
    var trials: [TrialConfig] = []
    for point in points {
      let config = try config(at: point)
      if seen.insert(config).inserted { trials.append(config) }
    }
    return trials
  }

  /// A trial at random that `isWanted`; nil where `patience` draws find none.
  func draw(
    using random: inout SplitMix64, where isWanted: (TrialConfig) -> Bool
  ) -> TrialConfig? {
    for _ in 0..<Self.patience {
      let point = axes.map { $0.domain.draw(using: &random) }
      // A combination that the settings forbid, or the tail of a normal, is drawn again.
      if let config = try? config(at: point), isWanted(config) { return config }
    }
    return nil
  }

  private func set(
    _ axis: Axis, _ value: JSONValue, in config: inout TrialConfig
  ) throws(InputError) {
    let setting = axis.setting
    try setting.set(value, in: &config, at: SettingPlace(setting.key, in: reader.name))
  }

  /// Every value of a finite domain, and both ends of a range, must be possible on its own.
  private func check(_ axis: Axis) throws(InputError) {
    var values = axis.domain.finiteValues ?? []
    if case .numeric(let domain) = axis.domain, values.isEmpty {
      let (low, high) = domain.bounds
      let (mean, _) = domain.prior
      values = low.isFinite ? [domain.value(low), domain.value(high)] : [domain.value(mean)]
    }
    for value in values {
      var config = TrialConfig()
      try set(axis, value, in: &config)
      try axis.setting.validate(config)
    }
  }
}
