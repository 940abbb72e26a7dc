/// What the order of summation in the Hessians alone moves a whole model by: another machine, number of
/// threads or device has other last bits, and a code at the edge between two falls the other way. No
/// difference below it says anything about a setting. About 0.5 % of perplexity, measured on the demo
/// model.
public enum FloatNoise {
  /// Of a loss, nats per token.
  public static let nll = 0.005
  /// Of a KL divergence, as a share of the larger of two.
  public static let kldShare = 0.02
}
