extension AttentionShape {
  /// The first key that the query at `position` among the keys sees: itself and, of those before it, as many
  /// as the sliding window has; all of them without one.
  func firstVisibleKey(of position: Int) -> Int {
    slidingWindow.map { max(0, position - $0 + 1) } ?? 0
  }
}
