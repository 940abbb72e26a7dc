/// A mean of values that are taken for independent, with the error that llama-perplexity prints behind
/// ±: √((Σa²/n − ā²)/(n − 1)). Of ten values or fewer it prints 0; here the error is NaN, not known.
public struct NaiveMean: Sendable, Equatable {
  /// Σa / n.
  public let value: Double
  /// Its standard error; NaN of ten values or fewer.
  public let stderr: Double

  /// The mean of `values`.
  public init(_ values: [Double]) {
    let count = Double(values.count)
    guard count > 0 else {
      (value, stderr) = (0, .nan)
      return
    }
    let mean = values.reduce(0, +) / count
    // Deviations instead of Σa²: no cancellation.
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    value = mean
    stderr = count > 10 ? (squares / (count - 1)).squareRoot() : .nan
  }

  /// The covariance of the means of two lists of the same tokens; 0 of fewer than ten.
  public static func covariance(_ a: [Double], _ b: [Double]) -> Double {
    let count = Double(a.count)
    guard count >= 10 else { return 0 }
    let (meanA, meanB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
    return zip(a, b).reduce(0) { $0 + ($1.0 - meanA) * ($1.1 - meanB) } / count / (count - 1)
  }
}
