/// For engines whose attention reads the keys of a window in one run.
extension Engine {
  /// The same windows over keys and values of which each window has its own: those that several share are
  /// copied in front of each one's, as far as its queries see.
  public func joiningKeys(
    _ k: EngineBuffer, _ v: EngineBuffer, _ windows: [AttentionWindow]
  ) -> (k: EngineBuffer, v: EngineBuffer, windows: [AttentionWindow]) {
    guard windows.contains(where: { !$0.shared.isEmpty }) else { return (k, v, windows) }
    var rows: [Int32] = []
    let joined = windows.map { window in
      let first = rows.count
      for run in window.runs(of: 0..<window.firstPosition + window.queries.count) {
        rows += run.map(Int32.init)
      }
      return AttentionWindow(
        queries: window.queries, keys: first..<rows.count, firstPosition: window.firstPosition)
    }
    return (gatherRows([(k, rows)]), gatherRows([(v, rows)]), joined)
  }
}
