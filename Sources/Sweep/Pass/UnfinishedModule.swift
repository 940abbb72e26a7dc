import GPTQ
import Model
import Results
import Tensor

/// A linear that is solved, and whose codes are still where the engine keeps them. They come down once,
/// when somebody asks: an engine with a memory of its own moves tokens on meanwhile.
final class UnfinishedModule {
  private let layer: Int
  private let name: LinearName
  private let solution: Solution
  private let downloaded: SolvedLinear?
  private let packed: QuantizedLinear?
  private let measured: ModuleResult
  private var finished: SolvedModule?

  /// The solution of the linear `name` with what was measured on it; where a packer changes codes, they
  /// have come down already, and `packed` are those that it has written.
  init(
    layer: Int, name: LinearName, solution: Solution, downloaded: SolvedLinear?,
    packed: QuantizedLinear?, measured: ModuleResult
  ) {
    self.layer = layer
    self.name = name
    self.solution = solution
    self.downloaded = downloaded
    self.packed = packed
    self.measured = measured
  }

  /// The modules with their codes, and the digests of those.
  static func finish(_ modules: [UnfinishedModule]) -> [SolvedModule] {
    let solved = modules.map { $0.finished?.solved ?? $0.downloaded ?? $0.solution.downloaded() }
    let packed = zip(modules, solved).map { $0.packed ?? $1.linear }
    var digests = modules.map { $0.finished?.result.codesHash ?? "" }
    digests.withUnsafeMutableBufferPointer { digests in
      guard let base = digests.baseAddress else { return }
      let places = SharedPointer(base)
      parallelFor(packed.count, chunk: 1) { part in
        for index in part where places.base[index].isEmpty {
          places.base[index] = packed[index].digest
        }
      }
    }
    for (index, module) in modules.enumerated() where module.finished == nil {
      var result = module.measured
      result.clipRate = solved[index].clipRate
      result.loss = solved[index].losses
      result.expectedLoss = solved[index].expectedLosses
      result.codesHash = digests[index]
      module.finished = SolvedModule(
        layer: module.layer, name: module.name, solved: solved[index], packed: packed[index],
        result: result)
    }
    return modules.compactMap(\.finished)
  }
}
