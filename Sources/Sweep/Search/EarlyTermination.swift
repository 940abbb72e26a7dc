import Basics
import Codecs
import Results

/// Hyperband's successive halving over the layers of a pass: a third and two thirds of the way
/// (Li et al., arXiv 1603.06560, with layers for iterations).
///
/// At each rung the trials of one size are ranked by their `hidden_error`. A trial is stopped if it
/// is neither among the best 1/η of its size nor within `margin` of the best: so the best of each
/// size always goes on. Companions, confirmations and repeats are never stopped.
public struct EarlyTermination: Sendable, Equatable {
  /// The share of a size that always goes on is 1/η.
  public var eta = 3.0
  /// A trial is clearly dominated if its hidden_error exceeds the best of its size by this factor.
  public var margin = 1.3

  /// The layers after which trials are stopped, of `layers`.
  public static func rungs(layers: Int) -> [Int] {
    let rungs = [layers / 3, 2 * layers / 3].filter { $0 >= 1 && $0 < layers }
    return Array(Set(rungs)).sorted()
  }

  /// The indices of trials to stop, given their sizes and hidden errors.
  public func stopped(bitsPerWeight: [Double], hiddenErrors: [Double]) -> [Int] {
    var stopped: [Int] = []
    for size in SizeGrouping.sizes(of: bitsPerWeight) {
      let error = { (index: Int) in
        hiddenErrors[index].isNaN ? Double.infinity : hiddenErrors[index]
      }
      let order = size.sorted { (error($0), $0) < (error($1), $1) }
      let kept = max(1, Int((Double(order.count) / eta).rounded(.up)))
      guard let best = order.first else { continue }
      stopped += order.dropFirst(kept).filter { error($0) > margin * error(best) }
    }
    return stopped.sorted()
  }

  /// Reads `early_terminate` of a sweep file; nil where it has none.
  init?(_ node: JSONValue?, _ reader: SweepReader) throws(InputError) {
    guard let node else { return nil }
    guard case .object(let members) = node else {
      throw reader.wrong("early_terminate", node.words, "{type: hyperband}")
    }
    try reader.check(
      members.keys, among: ["type", "eta", "min_iter", "max_iter", "s", "strict"],
      place: "early_terminate of \(reader.name)")
    guard members["type"] == .string("hyperband") else {
      throw reader.wrong(
        "early_terminate.type", "\(members["type"] ?? .string("none"))", "hyperband")
    }
    if let value = members["eta"] { eta = try reader.number(value, "early_terminate.eta") }
    guard eta > 1, eta.isFinite else {
      throw reader.wrong("early_terminate.eta", "\(eta)", "a number above 1")
    }
  }
}
