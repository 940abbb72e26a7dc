/// The k largest of some numbers, among equal ones the same that `torch.topk` takes on a CPU.
///
/// Which of several equal numbers is taken is nothing that anybody promises, and models whose routers
/// were trained on ties are run by it all the same. PyTorch selects with libstdc++'s `partial_sort`
/// where k·64 ≤ n and with its `nth_element` elsewhere; both are followed here step by step. Neither
/// looks at anything but comparisons, so that the choice is a function of the order alone.
struct LargestChoice {
  private var queue: [(value: Float, index: Int32)] = []

  /// The places of the `count` largest of `values`, by descending value, equal ones by ascending place.
  /// - Precondition: there are so many.
  mutating func places(of values: ArraySlice<Float>, count: Int) -> [Int32] {
    precondition(count > 0 && count <= values.count, "as many as there are, or fewer")
    queue.removeAll(keepingCapacity: true)
    for (index, value) in values.enumerated() { queue.append((value, Int32(index))) }
    if count * 64 <= queue.count { selectByHeap(count) } else { selectByPartition(count - 1) }
    return queue[..<count].sorted {
      isBefore($0, $1) || (!isBefore($1, $0) && $0.index < $1.index)
    }.map(\.index)
  }

  private typealias Element = (value: Float, index: Int32)

  /// Descending, NaN first: an order without gaps, on which the loops below rely.
  private func isBefore(_ a: Element, _ b: Element) -> Bool {
    (a.value.isNaN && !b.value.isNaN) || a.value > b.value
  }

  // MARK: partial_sort

  /// Brings the `count` largest to the front: a heap of them whose top, the smallest, gives way to
  /// whatever is larger.
  private mutating func selectByHeap(_ count: Int) {
    for parent in stride(from: (count - 2) / 2, through: 0, by: -1) where count > 1 {
      sift(queue[parent], into: parent, of: count)
    }
    for index in count..<queue.count where isBefore(queue[index], queue[0]) {
      let value = queue[index]
      queue[index] = queue[0]
      sift(value, into: 0, of: count)
    }
  }

  /// Lets `value` sink from `hole` to a leaf of the heap of the first `count`, and rise from there.
  private mutating func sift(_ value: Element, into hole: Int, of count: Int) {
    let top = hole
    var hole = hole
    var child = hole
    while child < (count - 1) / 2 {
      child = 2 * (child + 1)
      if isBefore(queue[child], queue[child - 1]) { child -= 1 }
      queue[hole] = queue[child]
      hole = child
    }
    if count % 2 == 0, child == (count - 2) / 2 {
      child = 2 * (child + 1) - 1
      queue[hole] = queue[child]
      hole = child
    }
    while hole > top, isBefore(queue[(hole - 1) / 2], value) {
      queue[hole] = queue[(hole - 1) / 2]
      hole = (hole - 1) / 2
    }
    queue[hole] = value
  }

  // MARK: nth_element

  /// Brings what belongs at `nth` there, and nothing smaller in front of it.
  private mutating func selectByPartition(_ nth: Int) {
    var (first, last) = (0, queue.count)
    var depth = 2 * (Int.bitWidth - 1 - max(last, 1).leadingZeroBitCount)
    while last - first > 3 {
      guard depth > 0 else { return selectWithoutDepth(first, nth, last) }
      depth -= 1
      let cut = partition(first, last)
      if cut <= nth { first = cut } else { last = cut }
    }
    for index in first + 1..<max(last, first + 1) {
      let value = queue[index]
      var place = index
      while place > first, isBefore(value, queue[place - 1]) {
        queue[place] = queue[place - 1]
        place -= 1
      }
      queue[place] = value
    }
  }

  /// What is left where the partitions were uneven too often: a heap of what is in front of `nth`.
  private mutating func selectWithoutDepth(_ first: Int, _ nth: Int, _ last: Int) {
    var rest = LargestChoice()
    rest.queue = Array(queue[first..<last])
    rest.selectByHeap(nth + 1 - first)
    queue.replaceSubrange(first..<last, with: rest.queue)
    queue.swapAt(first, nth)
  }

  /// Divides `first..<last` by the median of three of its elements; the first place of the second part.
  private mutating func partition(_ first: Int, _ last: Int) -> Int {
    let (a, b, c) = (first + 1, first + (last - first) / 2, last - 1)
    let median =
      isBefore(queue[a], queue[b])
      ? isBefore(queue[b], queue[c]) ? b : isBefore(queue[a], queue[c]) ? c : a
      : isBefore(queue[a], queue[c]) ? a : isBefore(queue[b], queue[c]) ? c : b
    queue.swapAt(first, median)
    let pivot = queue[first]
    var (low, high) = (first + 1, last)
    while true {
      while isBefore(queue[low], pivot) { low += 1 }
      high -= 1
      while isBefore(pivot, queue[high]) { high -= 1 }
      guard low < high else { return low }
      queue.swapAt(low, high)
      low += 1
    }
  }
}
