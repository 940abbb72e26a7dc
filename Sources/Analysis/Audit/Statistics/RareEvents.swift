import Foundation

/// ln of the likelihood ratio of `count` rare events where `expected` would be chance: Poisson at
/// its own rate against Poisson at the expected one, count·ln(count/expected) − (count − expected).
/// Nothing where there are no more than expected.
func rareEventEvidence(count: Int, expected: Double) -> Double {
  let observed = Double(count)
  // A healthy checkpoint is allowed one event in a hundred modules that no model foresees.
  let chance = max(expected, 0.01)
  guard observed > chance else { return 0 }
  return observed * log(observed / chance) - (observed - chance)
}

/// P(|t| > x) of Student's t with three degrees of freedom: the heavy tail that errors of healthy
/// checkpoints are granted.
func heavyTail(_ x: Double) -> Double {
  let x = abs(x) / 3.0.squareRoot()
  return 1 - 2 / .pi * (atan(x) + x / (1 + x * x))
}

/// P(|t| > x) of Student's t with five degrees of freedom, a lighter tail for logarithms of scales.
func scaleTail(_ x: Double) -> Double {
  let x = abs(x) / 5.0.squareRoot()
  let square = 1 / (1 + x * x)
  return max(0, 1 - 2 / .pi * (atan(x) + x * square * (1 + 2.0 / 3 * square)))
}

/// The median of `values`, of some of them where they are very many; 0 of none.
func median(_ values: [Double]) -> Double {
  let step = max(1, values.count / 100_000)
  let some = step == 1 ? values : stride(from: 0, to: values.count, by: step).map { values[$0] }
  return quantile(0.5, selectingFrom: some)
}

/// 1.4826 times the median absolute value: the standard deviation of most of `values` about 0.
func robustDeviation(_ values: [Double]) -> Double {
  1.4826 * median(values.map(abs))
}

/// The standard deviation of most of some values, of which `distances` are the absolute ones: by
/// their median, or by their quantile of 0.8 where that says more.
func trimmedDeviation(_ distances: [Double]) -> Double {
  guard !distances.isEmpty else { return 0 }
  return max(
    1.4826 * quantile(0.5, selectingFrom: distances),
    quantile(0.8, selectingFrom: distances) / 1.2816)
}

/// ln of the density of N(mean, deviation²) at x.
func logNormal(_ x: Double, mean: Double, deviation: Double) -> Double {
  let z = (x - mean) / deviation
  return -0.5 * z * z - log(deviation) - 0.5 * log(2 * .pi)
}

/// P(Z < z) of a standard normal.
func normalCDF(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

/// ln of the Bayes factor for two quantities that know nothing of each other, where healthy ones
/// correlate by `weakest` or more: Fisher's z of the correlation r ~ N(0, 1/(n − 3)), against
/// U(z of `weakest`, 2) seen through the same noise.
func uncorrelatedEvidence(_ r: Double, freedom: Int, weakest: Double) -> Double {
  let deviation = 1 / (Double(freedom) - 3).squareRoot()
  let z = atanh(min(max(r, -0.96), 0.96))
  let edge = atanh(weakest)
  let healthy =
    (normalCDF((2 - z) / deviation) - normalCDF((edge - z) / deviation)) / (2 - edge)
  return logNormal(z, mean: 0, deviation: deviation) - log(max(healthy, 1e-300))
}
