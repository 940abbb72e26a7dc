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
    let isShared = !statistics.isUnique()
    let contents = isShared ? statistics.cpu.contents : statistics.cpu.take()
    guard case .tokens(var states, let targets) = consume contents else {
      preconditionFailure("statistics of tokens")
    }
    let columns = Int32(base.columns)
    updateTokens(&states, base: base.floats, trial: trial.floats) { token, state, base, trial in
      tenbin_token_state_update(
        state, base, trial, columns, Int32(firstToken), targets[token])
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
