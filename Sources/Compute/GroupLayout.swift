/// The columns of a linear in the order of their groups, as `g_idx` has them.
public struct GroupLayout: Sendable, Equatable {
  /// The columns, group after group, those of a group in their own order.
  public let order: [Int32]
  /// Where each group starts in `order`; one more at the end.
  public let starts: [Int32]
  /// Whether `order` is that of the columns themselves.
  public let isPlain: Bool

  /// Sorts columns by `index`, which names groups below `groups`.
  public init(index: [Int32], groups: Int) {
    precondition(index.allSatisfy((0..<Int32(clamping: groups)).contains), "groups that exist")
    var counts = [Int32](repeating: 0, count: groups + 1)
    for group in index { counts[Int(group) + 1] += 1 }
    for group in 0..<groups { counts[group + 1] += counts[group] }
    starts = counts
    var order = [Int32](repeating: 0, count: index.count)
    for (column, group) in index.enumerated() {
      order[Int(counts[Int(group)])] = Int32(column)
      counts[Int(group)] += 1
    }
    self.order = order
    isPlain = order.enumerated().allSatisfy { $0 == Int($1) }
  }

  /// How many there are.
  public var groups: Int { starts.count - 1 }

  /// Columns of each group.
  public var sizes: [Int] { (0..<groups).map { Int(starts[$0 + 1] - starts[$0]) } }
}
