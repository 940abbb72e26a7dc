import Compute
import Tensor

/// Rotates queries and keys by their positions: one table for all windows, but a window's own where
/// its length changes the frequencies.
struct Rotary: Sendable {
  private let parameters: RopeParameters
  private let shared: RotaryTable

  /// A table for windows of up to `positions` tokens.
  init(_ parameters: RopeParameters, positions: Int) {
    self.parameters = parameters
    shared = parameters.table(length: min(positions, parameters.longestFixedLength ?? positions))
  }

  /// Rotates the rows of `x`, (tokens of `chunk`, heads · head_dim).
  func rotate(_ x: inout Matrix<Float>, _ chunk: Chunk, engine: any Engine) {
    let longest = parameters.longestFixedLength ?? .max
    if chunk.windows.allSatisfy({ $0.count <= longest }) {
      engine.rotate(&x, positions: chunk.positions, rotary: shared)
      return
    }
    for window in chunk.windows {
      let table = window.count <= longest ? shared : parameters.table(length: window.count)
      var rows = x.rows(in: window)
      engine.rotate(&rows, positions: Array(0..<window.count), rotary: table)
      x.replaceRows(startingAt: window.lowerBound, with: rows)
    }
  }
}
