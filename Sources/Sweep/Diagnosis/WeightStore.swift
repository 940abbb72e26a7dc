import Basics
import GPTQ
import Model
import Synchronization
import Tensor

/// The linears of the two sides as a pass left them, so that they can be exchanged afterwards without
/// being solved again. It holds codes: about one byte a weight.
final class WeightStore: Sendable {
  private struct Key: Hashable {
    var side: DiagnosisRole
    var layer: Int
    var module: LinearModule
  }

  private let linears = Mutex<[Key: QuantizedLinear]>([:])

  func store(_ linear: QuantizedLinear, _ side: DiagnosisRole, _ layer: Int, _ module: LinearModule)
  {
    linears.withLock { $0[Key(side: side, layer: layer, module: module)] = linear }
  }

  /// The weight, (out, in); nil where the side keeps the base's.
  func weight(_ side: DiagnosisRole, _ layer: Int, _ module: LinearModule) -> Matrix<Float>? {
    linears.withLock { $0[Key(side: side, layer: layer, module: module)] }?.dequantized()
  }
}

/// Which model of the two sides.
enum DiagnosisRole: Sendable, Hashable {
  case suspect
  case baseline
  /// Round-to-nearest on the suspect's grid.
  case suspectRTN
  /// Round-to-nearest on the baseline's grid.
  case baselineRTN
}
