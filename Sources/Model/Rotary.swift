import Compute

/// Rotates queries and keys by their positions: one table for all windows, but a window's own where
/// its length changes the frequencies.
struct Rotary: Sendable {
  private let parameters: RopeParameters
  private let shared: RotaryTable
  /// The table of longer windows, where that is one and there are any.
  private let beyond: RotaryTable?
  private let engine: any Engine

  /// A table for windows of up to `positions` tokens.
  init(_ parameters: RopeParameters, positions: Int, engine: any Engine) {
    self.parameters = parameters
    self.engine = engine
    let longest = parameters.longestFixedLength ?? positions
    shared = parameters.table(length: min(positions, longest), engine: engine)
    beyond =
      positions > longest && parameters.isFixedBeyond
      ? parameters.table(length: positions, engine: engine) : nil
  }

  /// Rotates the rows of `x`, (tokens, heads · `headDimension`), window by window.
  func rotate(_ x: inout EngineBuffer, _ windows: [Range<Int>], headDimension: Int) {
    let longest = parameters.longestFixedLength ?? .max
    func rotate(_ windows: [Range<Int>], _ table: RotaryTable) {
      engine.rotate(
        &x, windows.map { TokenRun(rows: $0) }, headDimension: headDimension, table: table)
    }
    rotate(windows.filter { $0.count <= longest }, shared)
    for window in windows where window.count > longest {
      rotate([window], beyond ?? parameters.table(length: window.count, engine: engine))
    }
  }
}
