import Tensor

/// Hands the state of each token and its rows of two tiles of logits, both (T, columns), to `update`, on
/// all threads.
func updateTokens<State>(
  _ states: inout [State], base: Matrix<Float>, trial: Matrix<Float>,
  _ update:
    @Sendable (
      _ token: Int, UnsafeMutablePointer<State>, _ base: UnsafePointer<Float>,
      _ trial: UnsafePointer<Float>
    ) -> Void
) {
  precondition(
    base.rows == states.count && trial.rows == states.count && base.columns == trial.columns,
    "a row for each token")
  let (count, columns) = (states.count, base.columns)
  states.withUnsafeMutableBufferPointer { states in
    base.elements.withUnsafeBufferPointer { base in
      trial.elements.withUnsafeBufferPointer { trial in
        guard let base = base.baseAddress, let trial = trial.baseAddress,
          let states = states.baseAddress
        else { return }
        nonisolated(unsafe) let pointers = (base: base, trial: trial, states: states)
        parallelFor(count, chunk: 32) { rows in
          for row in rows {
            update(
              row, pointers.states + row, pointers.base + row * columns,
              pointers.trial + row * columns)
          }
        }
      }
    }
  }
}
