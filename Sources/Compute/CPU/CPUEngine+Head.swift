import CKernels
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  public func makeTokenStatistics(targets: [Int32]) -> EngineBuffer {
    let states = [tenbin_token_state](repeating: tenbin_token_state_empty(), count: targets.count)
    return EngineBuffer(
      rows: targets.count, columns: 1, element: .tokenStatistics,
      storage: CPUStorage(.tokens(states, targets: targets)))
  }

  public func accumulate(
    base: EngineBuffer, trial: EngineBuffer, firstToken: Int, into statistics: inout EngineBuffer
  ) {
    precondition(
      base.rows == statistics.rows && trial.rows == statistics.rows
        && base.columns == trial.columns,
      "a row for each token")
    let isShared = !statistics.isUnique()
    let contents = isShared ? statistics.cpu.contents : statistics.cpu.take()
    guard case .tokens(var states, let targets) = consume contents else {
      preconditionFailure("statistics of tokens")
    }
    let columns = base.columns
    let (base, trial) = (base.floats, trial.floats)
    states.withUnsafeMutableBufferPointer { states in
      base.elements.withUnsafeBufferPointer { base in
        trial.elements.withUnsafeBufferPointer { trial in
          guard let base = base.baseAddress, let trial = trial.baseAddress,
            let states = states.baseAddress
          else { return }
          nonisolated(unsafe) let pointers = (base: base, trial: trial, states: states)
          parallelFor(targets.count, chunk: 32) { rows in
            for row in rows {
              tenbin_token_state_update(
                &pointers.states[row], pointers.base + row * columns,
                pointers.trial + row * columns, Int32(columns), Int32(firstToken), targets[row])
            }
          }
        }
      }
    }
    if isShared {
      statistics = EngineBuffer(
        rows: targets.count, columns: 1, element: .tokenStatistics,
        storage: CPUStorage(.tokens(states, targets: targets)))
    } else {
      statistics.cpu.contents = .tokens(states, targets: targets)
    }
  }

  public func tokenStatistics(_ statistics: EngineBuffer) -> [TokenStatistics] {
    guard case .tokens(let states, _) = statistics.cpu.contents else {
      preconditionFailure("statistics of tokens")
    }
    return states.map { TokenStatistics($0) }
  }
}
