import Basics
import GPTQ
import Tensor

extension ModuleIdentity {
  /// For each row of the base's weight the row of `linear` that is it; nil unless each is exactly one.
  func rowOrder(_ module: String, _ linear: QuantizedLinear) throws(InputError) -> [Int]? {
    let theirs = try base.matrix(original(module))
    return match(Self.unit(linear.dequantized()), Self.unit(theirs))
  }

  /// For each column of the base's weight the column of `linear` that is it, by some of the rows; nil
  /// unless each is exactly one.
  func columnOrder(_ module: String, _ linear: QuantizedLinear) throws(InputError) -> [Int]? {
    let weight = linear.dequantized()
    let lines = Array(stride(from: 0, to: weight.rows, by: max(1, weight.rows / 512)))
    var elements: [Float] = []
    for line in lines {
      elements += try base.matrix(original(module), rows: line..<line + 1).elements
    }
    let theirs = Matrix(rows: lines.count, columns: weight.columns, elements: elements)
    return match(
      Self.unit(weight.selectingRows(lines).transposed()), Self.unit(theirs.transposed()))
  }

  /// For each row of `theirs` the row of `own` whose cosine is largest, where all are alike and no two
  /// are the same.
  private func match(_ own: Matrix<Float>, _ theirs: Matrix<Float>) -> [Int]? {
    guard own.rows == theirs.rows, own.columns == theirs.columns else { return nil }
    var order: [Int] = []
    for start in stride(from: 0, to: theirs.rows, by: 1024) {
      let block = theirs.rows(in: start..<min(start + 1024, theirs.rows))
      let products = cosines(block, own)
      for line in 0..<products.rows {
        var best = (cosine: Self.same, row: -1)
        for (row, cosine) in products.row(line).enumerated() where cosine > best.cosine {
          best = (cosine, row)
        }
        guard best.row >= 0 else { return nil }
        order.append(best.row)
      }
    }
    return Set(order).count == order.count ? order : nil
  }
}
