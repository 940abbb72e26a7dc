/// The order in which the column loop takes the columns of a linear.
public enum ColumnOrder: Sendable, Hashable {
  /// As they stand.
  case natural
  /// By descending diag H, the mean square of the input: `desc_act`.
  case descendingActivation
  /// By descending diag H inside each group of this many columns, and the groups by their largest
  /// diag H: `act_group_aware`. A short group at the end stays there.
  case groupAware(groupSize: Int)

  /// The order that `config` asks for.
  public init(_ config: QuantizeConfig) {
    if config.descAct {
      self = .descendingActivation
    } else if config.actGroupAware, config.groupSize > 0 {
      self = .groupAware(groupSize: config.groupSize)
    } else {
      self = .natural
    }
  }

  /// The original column at each position, given diag H before damping (with 1 on dead columns, as
  /// IST-DASLab/gptq has it). Equal values keep their order.
  public func permutation(diagonal: [Double]) -> [Int] {
    switch self {
    case .natural: return Array(diagonal.indices)
    case .descendingActivation: return Self.descending(diagonal.indices, by: diagonal)
    case .groupAware(let size):
      let whole = diagonal.count / size
      let groups = (0..<whole).map {
        Self.descending($0 * size..<($0 + 1) * size, by: diagonal)
      }
      let largest = groups.map { $0.first.map { diagonal[$0] } ?? 0 }
      let tail = Self.descending(whole * size..<diagonal.count, by: diagonal)
      return Self.descending(groups.indices, by: largest).flatMap { groups[$0] } + tail
    }
  }

  /// `indices` by descending value; equal values keep their order.
  private static func descending(_ indices: Range<Int>, by values: [Double]) -> [Int] {
    indices.sorted { (values[$1], $0) < (values[$0], $1) }
  }
}
