import Basics
import Foundation
import Model
import Tensor

extension Matrix<Float> {
  /// The weight plus Gaussian noise, scaled to a Frobenius norm of `norm`: an error as large as a
  /// quantization's that knows nothing of the inputs. `place`, that of the linear in its model, gives
  /// each noise of its own.
  func addingNoise(norm: Double, seed: UInt64, place: Int) -> Matrix<Float> {
    var mixed = SplitMix64(seed: seed)
    var random = SplitMix64(seed: mixed.next() &+ UInt64(place))
    var noise: [Double] = []
    noise.reserveCapacity(elements.count + 1)
    while noise.count < elements.count {
      // Box and Muller: two uniform numbers make two normal ones.
      let radius = (-2 * log(1 - random.uniform())).squareRoot()
      let angle = 2 * Double.pi * random.uniform()
      noise.append(radius * cos(angle))
      noise.append(radius * sin(angle))
    }
    let length = noise.prefix(elements.count).reduce(0) { $0 + $1 * $1 }.squareRoot()
    let scale = length > 0 ? norm / length : 0
    var noisy = self
    for index in elements.indices {
      noisy.elements[index] = Float(Double(elements[index]) + scale * noise[index])
    }
    return noisy
  }
}
