/// Trials that take about the same room: within ±3 % of the middle of their bits_per_weight.
public enum SizeGrouping {
  /// How far from the middle of a size a trial may lie.
  public static let tolerance = 0.03

  /// The indices of `bitsPerWeight` in sizes, smallest first, and by bits_per_weight inside a size.
  /// A size starts at the smallest trial left over and takes in all that lie within ±3 % of its
  /// middle.
  public static func sizes(of bitsPerWeight: [Double]) -> [[Int]] {
    let reach = (1 + tolerance) / (1 - tolerance)
    let order = bitsPerWeight.indices.sorted {
      (bitsPerWeight[$0], $0) < (bitsPerWeight[$1], $1)
    }
    var sizes: [[Int]] = []
    for index in order {
      if let smallest = sizes.last?.first, bitsPerWeight[index] <= bitsPerWeight[smallest] * reach {
        sizes[sizes.count - 1].append(index)
      } else {
        sizes.append([index])
      }
    }
    return sizes
  }

  /// The ranges of bits_per_weight that `sizes(of:)` finds.
  public static func ranges(of bitsPerWeight: [Double]) -> [ClosedRange<Double>] {
    sizes(of: bitsPerWeight).compactMap { size in
      guard let first = size.first, let last = size.last else { return nil }
      return bitsPerWeight[first]...bitsPerWeight[last]
    }
  }
}
