import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// Norm weights that were moved against the columns of the linears that read them, as SmoothQuant
/// and AWQ do: the same function from other weights.
struct SmoothingFactors {
  private let reader: GPTQCheckpointReader
  private let base: SafetensorsDirectory
  private var factors: [String: [Float]] = [:]
  private var readers: [String: (taken: Int, of: Int)] = [:]

  /// Rows by which it is seen whether a linear was scaled.
  private static let samples = 8

  init(_ reader: GPTQCheckpointReader, base: SafetensorsDirectory) {
    self.reader = reader
    self.base = base
  }

  /// The norms all of whose linears carry the opposite factors.
  var smoothedNorms: Set<String> {
    Set(readers.filter { $0.value.taken == $0.value.of && $0.value.of > 0 }.map(\.key))
  }

  /// The factor of each column of `module`, of which `linear` are the codes, where scaling the base's
  /// weights, that `original` gives, brings them nearer.
  mutating func factors(
    of module: String, _ linear: QuantizedLinear, _ original: BaseRows
  ) throws(InputError) -> [Float]? {
    guard let norm = Self.norm(before: module), let factors = try factors(of: norm),
      factors.count == linear.codes.columns
    else { return nil }
    var (plain, scaled) = (0.0, 0.0)
    for row in stride(from: 0, to: linear.codes.rows, by: max(1, linear.codes.rows / Self.samples))
    {
      let own = linear.rows(in: row..<row + 1).dequantized().elements
      let weight = try original(row..<row + 1).elements
      for column in own.indices {
        let (a, b) = (own[column] - weight[column], own[column] - weight[column] * factors[column])
        plain += Double(a * a)
        scaled += Double(b * b)
      }
    }
    let isScaled = 2 * scaled < plain
    let count = readers[norm] ?? (0, 0)
    readers[norm] = (count.taken + (isScaled ? 1 : 0), count.of + 1)
    return isScaled ? factors : nil
  }

  /// The norm whose output `module` reads.
  private static func norm(before module: String) -> String? {
    let parts = module.components(separatedBy: ".self_attn.")
    if parts.count == 2, ["q_proj", "k_proj", "v_proj"].contains(parts[1]) {
      return parts[0] + ".input_layernorm.weight"
    }
    let inner = module.components(separatedBy: ".mlp.")
    if inner.count == 2, ["gate_proj", "up_proj"].contains(inner[1]) {
      return inner[0] + ".post_attention_layernorm.weight"
    }
    return nil
  }

  /// What the weights of `norm` were divided by; nil where they are the base's.
  private mutating func factors(of norm: String) throws(InputError) -> [Float]? {
    if let known = factors[norm] { return known.isEmpty ? nil : known }
    factors[norm] = []
    guard reader.tensors.contains(norm), base.contains(norm),
      try reader.tensors.shape(of: norm) == base.shape(of: norm)
    else { return nil }
    let (own, original) = (try reader.tensors.vector(norm), try base.vector(norm))
    guard own != original, own.allSatisfy({ $0 != 0 && $0.isFinite }) else { return nil }
    factors[norm] = zip(original, own).map { $0 / $1 }
    return factors[norm]
  }
}

extension Matrix<Float> {
  /// Columns times `factors`.
  func scalingColumns(by factors: [Float]) -> Matrix {
    var scaled = self
    for row in 0..<rows {
      for column in 0..<columns { scaled[row, column] *= factors[column] }
    }
    return scaled
  }
}
