import Foundation
import GPTQ
import Model
import Results
import Tensor

/// A linear that is solved, and whose codes are still where the engine keeps them. They come down once,
/// when somebody asks: an engine with a memory of its own moves tokens on meanwhile.
final class UnfinishedModule: @unchecked Sendable {
  private let lock = NSLock()
  private let layer: Int
  private let name: LinearName
  private let solution: Solution
  private var downloaded: SolvedLinear?
  private let packed: QuantizedLinear?
  private let measured: ModuleResult
  private let weightErrors: WeightErrors
  private var finished: SolvedModule?

  /// The solution of the linear `name` with what was measured on it; where a packer changes codes, they
  /// have come down already, and `packed` are those that it has written.
  init(
    layer: Int, name: LinearName, solution: Solution, downloaded: SolvedLinear?,
    packed: QuantizedLinear?, measured: ModuleResult, weightErrors: WeightErrors
  ) {
    self.layer = layer
    self.name = name
    self.solution = solution
    self.downloaded = downloaded
    self.packed = packed
    self.measured = measured
    self.weightErrors = weightErrors
  }

  /// The modules with their codes, and the digests of those.
  static func finish(_ modules: [UnfinishedModule]) -> [SolvedModule] {
    // One after another, each with all cores to copy.
    let codes = modules.map(\.codes)
    var solved = [SolvedModule?](repeating: nil, count: modules.count)
    solved.withUnsafeMutableBufferPointer { solved in
      guard let base = solved.baseAddress else { return }
      let places = SharedPointer(base)
      parallelFor(modules.count, chunk: 1) { part in
        for index in part { places.base[index] = modules[index].solved(codes[index]) }
      }
    }
    return solved.compactMap(\.self)
  }

  /// The codes; several trials, on several threads, may ask for them.
  private var codes: SolvedLinear {
    lock.withLock {
      let codes = finished?.solved ?? downloaded ?? solution.downloaded()
      if finished == nil { downloaded = codes }
      return codes
    }
  }

  /// The module with its `codes` and their digest.
  private func solved(_ codes: SolvedLinear) -> SolvedModule {
    lock.withLock {
      if let finished { return finished }
      let packed = packed ?? codes.linear
      var result = measured
      result.clipRate = codes.clipRate
      result.loss = codes.losses
      result.expectedLoss = codes.expectedLosses
      result.codesHash = packed.digest
      let module = SolvedModule(
        layer: layer, name: name, solved: codes, packed: packed, result: result,
        weightErrors: weightErrors)
      (finished, downloaded) = (module, nil)
      return module
    }
  }
}
