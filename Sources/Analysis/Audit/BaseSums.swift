import Compute
import GPTQ
import Tensor

/// What `BaseComparison` sums over blocks of rows.
struct BaseSums {
  var error = 0.0
  var power = 0.0
  var lost = 0.0
  var nearest = 0.0
  var nearestPower = 0.0
  var output = 0.0
  var outputError = 0.0
  var nearestOutput = 0.0
  var hasOutput = false
  var bias = 0.0
  var onGrid = 0
  var clipped = 0
  var top = 0
  var reversed = 0
  var judged = 0
  var far = [Int](repeating: 0, count: BaseStatistics.farDistances.count)
  var powers: [Float] = []
  var products: [Float] = []
  var weights: [Double] = []
  var unconfirmed = 0
  var sampled = 0
  var atZero = 0
  var nearZero = 0
  var atNearest = 0
  var squares: [Float] = []
  var groupBias: [Float] = []
  var turned = 0
  var drift: [Double] = []

  /// Adds the rows from `start` on, `weight` in the original.
  mutating func add(
    _ part: BaseStatistics, _ weight: Matrix<Float>, _ start: Int, _ linear: QuantizedLinear
  ) {
    error += part.squaredError
    power += part.squaredWeight
    lost += part.wrappedSquaredError
    bias += part.biasSum
    onGrid += part.targetsOnGrid
    clipped += part.clipped
    top += part.topTargets
    reversed += part.reversed
    judged += part.judged
    for place in far.indices { far[place] += part.far[place] }
    powers += part.powers
    products += part.products
    weights += part.products.indices.map(part.weight)
    squares += part.squares
    groupBias += part.bias
    let groups = linear.grids.scales.columns
    for place in part.products.indices
    where linear.grids.scales.elements[start * groups + place] < 0 && part.products[place] >= 0 {
      unconfirmed += 1
    }
    turned += part.products.indices.count {
      part.isTurned($0, scale: linear.grids.scales.elements[start * groups + $0])
    }
    let columns = weight.columns
    let step = max(1, linear.codes.elements.count / 50_000)
    let first = start * columns
    var place = (first + step - 1) / step * step
    while place < first + weight.elements.count {
      let grid =
        place / columns * linear.grids.scales.columns + Int(linear.groupIndex[place % columns])
      let scale = linear.grids.scales.elements[grid]
      if scale != 0, scale.isFinite {
        let target =
          weight.elements[place - first] / scale + Float(linear.grids.zeros.elements[grid])
        let (code, zero) = (linear.codes.elements[place], linear.grids.zeros.elements[grid])
        drift.append(Double(Float(code) - target))
        let highest = Float(1 << linear.bits - 1)
        sampled += 1
        atZero += Int32(code) == zero ? 1 : 0
        nearZero += abs(target - Float(zero)) <= 0.5 ? 1 : 0
        atNearest += Float(code) == min(max(target.rounded(.toNearestOrEven), 0), highest) ? 1 : 0
      }
      place += step
    }
  }
}
