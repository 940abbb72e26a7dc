import Basics
import Codecs
import Foundation

/// A density over one setting, from the values of some trials and the prior: the adaptive Parzen
/// estimator of Bergstra, Bardenet, Bengio, Kégl, "Algorithms for Hyper-Parameter Optimization"
/// (NeurIPS 2011), section 4.2.
///
/// Numbers: a mixture of one normal a value and one for the prior, each as wide as the farther of
/// its neighbours, cut off at the bounds. Choices: shares proportional to N·pᵢ + Cᵢ, for N choices
/// of prior pᵢ seen Cᵢ times.
enum ParzenEstimator {
  case choices([JSONValue], shares: [Double])
  case mixture(NumericDomain, [Component])

  /// A normal of the mixture.
  struct Component {
    var mean: Double
    var deviation: Double
    /// The share of it that lies within the bounds.
    var mass: Double
  }

  init(_ domain: SearchDomain, seen values: [JSONValue]) {
    switch domain {
    case .categorical(let choices, let probabilities):
      let shares = zip(choices, probabilities).map { choice, probability in
        Double(choices.count) * probability + Double(values.count { $0.equals(choice) })
      }
      self = .choices(choices, shares: shares)
    case .numeric(let numeric):
      self = .mixture(numeric, Self.components(numeric, values.compactMap(\.number)))
    }
  }

  private static func components(_ domain: NumericDomain, _ values: [Double]) -> [Component] {
    let (low, high) = domain.bounds
    let prior = domain.prior
    let means = (values.map { domain.latents(of: $0).middle } + [prior.mean]).sorted()
    let priorIndex = means.firstIndex(of: prior.mean)
    let narrowest = prior.deviation / Double(min(100, means.count))
    return means.enumerated().map { index, mean in
      var deviation = prior.deviation
      if index != priorIndex {
        // At the ends the bounds are the neighbours.
        let left = index > 0 ? mean - means[index - 1] : (low.isFinite ? mean - low : 0)
        let right =
          index + 1 < means.count ? means[index + 1] - mean : (high.isFinite ? high - mean : 0)
        deviation = min(max(left, right, narrowest), prior.deviation)
      }
      let mass = cumulative(high, mean, deviation) - cumulative(low, mean, deviation)
      return Component(mean: mean, deviation: deviation, mass: max(mass, .leastNormalMagnitude))
    }
  }

  /// A value from the density.
  func draw(using random: inout SplitMix64) -> JSONValue {
    switch self {
    case .choices(let choices, let shares): return choices[shares.draw(using: &random)]
    case .mixture(let domain, let components):
      let component = components[Int(random.uniform() * Double(components.count))]
      let (low, high) = domain.bounds
      var latent = component.mean
      for _ in 0..<100 {
        latent = component.mean + component.deviation * random.normal()
        if latent >= low, latent <= high { return domain.value(latent) }
      }
      return domain.value(min(max(latent, low), high))
    }
  }

  /// The logarithm of the density at `value`: of its probability where values come in steps.
  func logDensity(of value: JSONValue) -> Double {
    switch self {
    case .choices(let choices, let shares):
      guard let index = choices.firstIndex(where: { $0.equals(value) }) else { return -.infinity }
      return log(shares[index] / shares.reduce(0, +))
    case .mixture(let domain, let components):
      guard let number = value.number else { return -.infinity }
      let (low, middle, high) = domain.latents(of: number)
      let sum = components.reduce(0.0) { sum, component in
        let share =
          domain.step == nil
          ? Self.density(middle, component.mean, component.deviation)
          : Self.cumulative(high, component.mean, component.deviation)
            - Self.cumulative(low, component.mean, component.deviation)
        return sum + share / component.mass
      }
      return log(max(sum / Double(components.count), .leastNormalMagnitude))
    }
  }

  private static func density(_ x: Double, _ mean: Double, _ deviation: Double) -> Double {
    let z = (x - mean) / deviation
    return exp(-z * z / 2) / (deviation * (2 * Double.pi).squareRoot())
  }

  private static func cumulative(_ x: Double, _ mean: Double, _ deviation: Double) -> Double {
    if x.isInfinite { return x > 0 ? 1 : 0 }
    return 0.5 * erfc(-(x - mean) / (deviation * 2.0.squareRoot()))
  }
}
