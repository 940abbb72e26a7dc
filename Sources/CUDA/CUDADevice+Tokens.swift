import CKernels
import Compute
import Foundation

/// The running statistics of some tokens, on a GPU.
final class DeviceTokens: @unchecked Sendable {
  /// How many tokens there are.
  let count: Int
  let states: DeviceMemory
  let targets: DeviceMemory

  fileprivate init(targets: [Int32], on device: CUDADevice) {
    count = targets.count
    self.targets = device.upload(targets)
    states = DeviceMemory(bytes: count * MemoryLayout<tenbin_token_state>.stride, on: device)
  }
}

extension CUDADevice {
  /// Statistics of tokens of which nothing has been seen; `targets` are the true next tokens.
  func makeTokens(targets: [Int32]) -> DeviceTokens {
    let tokens = DeviceTokens(targets: targets, on: self)
    launch(
      Kernel("tokens", "start_tokens"), grid: (blocks(for: tokens.count), 1),
      [.memory(tokens.states), .long(tokens.count)])
    return tokens
  }

  /// Takes one tile of the base's and a trial's logits, (tokens, tile) both, into the statistics;
  /// `firstToken` is the vocabulary index of the tile's first column.
  func accumulate(
    base: DeviceMatrix, trial: DeviceMatrix, firstToken: Int, into tokens: DeviceTokens
  ) {
    precondition(
      base.rows == tokens.count && trial.rows == tokens.count && base.columns == trial.columns,
      "a row for each token")
    launch(
      Kernel("tokens", "update_tokens"), grid: (tokens.count, 1),
      [
        .pointer(base.pointer), .pointer(trial.pointer), .long(base.columns), .int(base.columns),
        .int(firstToken), .memory(tokens.targets), .memory(tokens.states),
      ])
  }

  /// The statistics come down; of tokens whose whole vocabulary has been seen.
  func statistics(of tokens: DeviceTokens) -> [TokenStatistics] {
    download(tokens.states, count: tokens.count, zero: tenbin_token_state_empty()).map { state in
      TokenStatistics(
        base: .init(
          logSumExp: state.base.max + log(state.base.sum), largest: state.base.max,
          target: Double(state.base_target), top: state.base.top),
        trial: .init(
          logSumExp: state.trial.max + log(state.trial.sum), largest: state.trial.max,
          target: Double(state.trial_target), top: state.trial.top),
        meanDifference: state.weighted_difference / state.base.sum)
    }
  }
}
