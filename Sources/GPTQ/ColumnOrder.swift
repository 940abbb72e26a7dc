/// The order in which the column loop takes the columns of a linear.
public enum ColumnOrder: String, Sendable, Hashable, CaseIterable {
  /// As they stand.
  case natural
  /// By descending diag H, the mean square of the input: `desc_act`.
  case descendingActivation

  /// The order that `config` asks for.
  public init(_ config: QuantizeConfig) {
    self = config.descAct ? .descendingActivation : .natural
  }

  /// The original column at each position, given diag H before damping (with 1 on dead columns, as
  /// IST-DASLab/gptq has it). Equal values keep their order.
  public func permutation(diagonal: [Double]) -> [Int] {
    switch self {
    case .natural: Array(diagonal.indices)
    case .descendingActivation:
      diagonal.indices.sorted { (diagonal[$1], $0) < (diagonal[$0], $1) }
    }
  }
}
