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

  /// Rotates the rows of `x`, (tokens, heads · `headDimension`), run by run; a run's last token is the last
  /// of its sequence.
  func rotate(_ x: inout EngineBuffer, _ runs: [TokenRun], headDimension: Int) {
    let longest = parameters.longestFixedLength ?? .max
    func rotate(_ runs: [TokenRun], _ table: RotaryTable) {
      engine.rotate(&x, runs, headDimension: headDimension, table: table)
    }
    rotate(runs.filter { $0.length <= longest }, shared)
    for run in runs where run.length > longest {
      rotate([run], beyond ?? parameters.table(length: run.length, engine: engine))
    }
  }
}

extension TokenRun {
  /// The tokens of its sequence up to its last one.
  fileprivate var length: Int { firstPosition + rows.count }
}
