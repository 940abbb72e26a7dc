import Foundation
import Tensor

extension Engine {
  /// Floating-point operations a second of float32 matrix products in shapes like those of a pass,
  /// measured for about `seconds`. The best of several parts: a machine is never too fast by chance.
  public func productRate(
    rows: Int = 2048, width: Int = 1024, seconds: Double = 0.2
  ) -> Double {
    let x = upload(Matrix<Float>(rows: rows, columns: width, repeating: 0.5))
    let weight = upload(Matrix<Float>(rows: width, columns: width, repeating: 0.25))
    let operations = 2 * Double(rows) * Double(width) * Double(width)
    var best = 0.0
    let began = ContinuousClock.now
    // The first product warms the caches and the threads up.
    _ = linear(x, weight: weight, rows: 0..<width, bias: nil)
    synchronize()
    repeat {
      let start = ContinuousClock.now
      _ = linear(x, weight: weight, rows: 0..<width, bias: nil)
      synchronize()
      let components = start.duration(to: .now).components
      let elapsed = Double(components.seconds) + Double(components.attoseconds) * 1e-18
      if elapsed > 0 { best = max(best, operations / elapsed) }
    } while began.duration(to: .now) < .seconds(seconds)
    return best
  }
}
