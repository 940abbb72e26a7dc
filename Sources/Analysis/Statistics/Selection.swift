/// The `p`-quantile of values in any order, as `quantile(_:of:)` of them sorted: by Hoare's selection
/// (CACM 1961), which looks at a part of them only.
func quantile(_ p: Double, selectingFrom values: [Double]) -> Double {
  guard values.count > 1 else { return values.first ?? 0 }
  var values = values
  let position = p * Double(values.count - 1)
  let index = min(Int(position), values.count - 1)
  values.select(index)
  guard index + 1 < values.count else { return values[index] }
  let next = values[(index + 1)...].reduce(Double.infinity) { $1 < $0 ? $1 : $0 }
  let fraction = position - Double(index)
  return values[index] * (1 - fraction) + next * fraction
}

extension Array where Element: BinaryFloatingPoint {
  /// Puts the value that sorting would put at `place` there, no larger ones before it and no smaller
  /// ones after it.
  mutating func select(_ place: Int) {
    var values = mutableSpan
    var (low, high) = (0, values.count - 1)
    while low < high {
      // The middle one of three keeps values that are sorted already from being the worst case.
      let (a, b, c) = (values[low], values[(low + high) / 2], values[high])
      let pivot = Swift.max(Swift.min(a, b), Swift.min(Swift.max(a, b), c))
      var (left, right) = (low, high)
      while left <= right {
        while values[left] < pivot { left += 1 }
        while pivot < values[right] { right -= 1 }
        if left <= right {
          values.swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if place <= right {
        high = right
      } else if place >= left {
        low = left
      } else {
        return
      }
    }
  }
}
