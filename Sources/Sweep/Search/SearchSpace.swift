import Basics
import GPTQ

/// The settings that a sweep varies, and what each may be.
public struct SearchSpace: Sendable {
  /// One value for each axis.
  typealias Point = [SettingValue]

  /// One setting.
  struct Axis: Sendable {
    var parameter: SearchParameter
    var domain: SearchDomain
  }

  /// The settings, in the order of `SearchParameter`.
  let axes: [Axis]
  private let reader: SweepReader

  /// Draws that may miss before a space counts as used up.
  static let patience = 1000

  /// Checks the parameters of a sweep file: values that no trial could have are refused here.
  init(_ domains: [String: SearchDomain], _ reader: SweepReader) throws(InputError) {
    self.reader = reader
    var axes: [Axis] = []
    for parameter in SearchParameter.allCases {
      guard let domain = domains[parameter.rawValue] else { continue }
      axes.append(Axis(parameter: parameter, domain: domain))
    }
    self.axes = axes
    for axis in axes { try check(axis) }
  }

  /// The settings that have more than one value.
  public var searched: [SearchParameter] {
    axes.filter { !$0.domain.isConstant }.map(\.parameter)
  }

  /// What the setting may be; nil where the sweep file does not name it.
  public func domain(of parameter: SearchParameter) -> SearchDomain? {
    axes.first { $0.parameter == parameter }?.domain
  }

  /// The trial at `point`.
  func config(at point: Point) throws(InputError) -> TrialConfig {
    var config = TrialConfig(quantize: QuantizeConfig())
    for (axis, value) in zip(axes, point) { try axis.parameter.set(value, in: &config, reader) }
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
          if (try? axis.parameter.set(choice, in: &same, reader)) != nil, same == config {
            return choice
          }
        }
      }
      return axis.parameter.value(in: config)
    }
  }

  /// Every combination, the last axis varying fastest; equal trials once.
  func grid() throws(InputError) -> [TrialConfig] {
    var points: [Point] = [[]]
    for axis in axes {
      guard let values = axis.domain.finiteValues else {
        throw reader.wrong(
          axis.parameter.rawValue, "a continuous distribution under method: grid",
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

  /// Every value of a finite domain, and both ends of a range, must be possible on its own.
  private func check(_ axis: Axis) throws(InputError) {
    var values = axis.domain.finiteValues ?? []
    if case .numeric(let domain) = axis.domain, values.isEmpty {
      let (low, high) = domain.bounds
      let (mean, _) = domain.prior
      values = low.isFinite ? [domain.value(low), domain.value(high)] : [domain.value(mean)]
    }
    for value in values {
      var config = TrialConfig(quantize: QuantizeConfig())
      try axis.parameter.set(value, in: &config, reader)
      try config.quantize.validate()
    }
  }
}
