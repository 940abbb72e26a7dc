import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// Factors that were moved from one tensor into the next, as SmoothQuant and AWQ do: the same function
/// from other weights. Norm weights go against the columns of the linears that read them, rows of v and
/// up against the columns of o and down.
struct SmoothingFactors {
  private let reader: GPTQCheckpointReader
  private let base: ModelWeights
  /// The width of a head, where the config says.
  private let head: Int?
  private var factors: [String: [Float]] = [:]
  private var rowFactors: [String: [Float]] = [:]
  /// For a norm, the linears that read it, and whether they carry its factors.
  private var readers: [String: [String: Bool]] = [:]

  /// Columns by which it is seen whether the rows of a linear were scaled.
  private static let rowSamples = 512
  /// Rows by which it is seen whether its columns were: with 3 bits, factors of 1 % show in 12,000 weights
  /// to three standard errors.
  private static let columnSamples = 256
  /// Rows that are in memory at a time.
  private static let blockRows = 256

  init(_ reader: GPTQCheckpointReader, base: ModelWeights, head: Int?) {
    self.reader = reader
    self.base = base
    self.head = head
  }

  /// The norms all of whose linears carry the opposite factors.
  var smoothedNorms: Set<String> {
    Set(readers.filter { !$0.value.isEmpty && $0.value.values.allSatisfy { $0 } }.map(\.key))
  }

  /// The base's rows of `module`, that `original` gives, with the factors that were moved into and out of
  /// it; nil where there are none.
  mutating func equivalent(
    of module: String, _ linear: QuantizedLinear, _ original: @escaping BaseRows
  ) throws(InputError) -> BaseRows? {
    var columns = try columnFactors(of: module, linear, original)
    var rows: [Float]?
    if let pair = Self.pairs.first(where: { module.hasSuffix($0.writer) }) {
      rows = try moved(out: module, into: Self.other(module, pair.writer, pair.reader))
    } else if let pair = Self.pairs.first(where: { module.hasSuffix($0.reader) }) {
      let writer = Self.other(module, pair.reader, pair.writer)
      if let own = try moved(out: writer, into: module) {
        columns = columnFactors(against: own, columns: linear.codes.columns)
      }
    }
    guard columns != nil || rows != nil else { return nil }
    return { [columns, rows] (range) throws(InputError) in
      let plain = try original(range)
      return plain.scaling(rows: rows.map { Array($0[range]) }, columns: columns)
    }
  }

  /// Linears whose rows are the columns of another, but for what stands between.
  private static let pairs = [
    (writer: "self_attn.v_proj", reader: "self_attn.o_proj"),
    (writer: "mlp.up_proj", reader: "mlp.down_proj"),
  ]

  private static func other(_ module: String, _ from: String, _ to: String) -> String {
    module.dropLast(from.count) + to
  }

  /// What the norm before `module` was divided by, where its columns carry it.
  private mutating func columnFactors(
    of module: String, _ linear: QuantizedLinear, _ original: BaseRows
  ) throws(InputError) -> [Float]? {
    guard let norm = Self.norm(before: module), let factors = try factors(of: norm),
      factors.count == linear.codes.columns
    else { return nil }
    let isScaled = try explained(by: factors, linear, original).areThere
    readers[norm, default: [:]][module] = isScaled
    return isScaled ? factors : nil
  }

  /// What `factors` of the columns explain of the weights, each row with a factor of its own.
  private func explained(
    by factors: [Float], _ linear: QuantizedLinear, _ original: BaseRows
  ) throws(InputError) -> ColumnFactors {
    var sums = ColumnFactors()
    let step = max(1, linear.codes.rows / Self.columnSamples)
    for row in stride(from: 0, to: linear.codes.rows, by: step) {
      let own = linear.rows(in: row..<row + 1).dequantized().elements
      sums.add(own, try original(row..<row + 1).elements, factors)
    }
    return sums
  }

  /// The factors of the rows of `writer` that the columns of `reader` carry the other way round; nil where
  /// none were moved.
  private mutating func moved(
    out writer: String, into module: String
  ) throws(InputError) -> [Float]? {
    if let known = rowFactors[writer] { return known.isEmpty ? nil : known }
    rowFactors[writer] = []
    guard reader.isQuantized(writer), reader.isQuantized(module),
      let (first, theirs) = try stored(writer), let (second, others) = try stored(module)
    else { return nil }
    let columns = try columnFactors(of: writer, first, theirs)
    // Where rounding is coarse, it makes slopes differ, too, and hides what is slight.
    let few = min(Self.rowSamples, first.codes.columns)
    guard
      try factors(of: first, theirs, columns, few).areUneven(beyond: first.bits >= 8 ? 0.01 : 0.04)
    else { return nil }
    var rows = try factors(of: first, theirs, columns, first.codes.columns)
    guard let opposite = columnFactors(against: rows, columns: second.codes.columns) else {
      return nil
    }
    let explained = try explained(by: opposite, second, others)
    guard explained.areThere else { return nil }
    // Coarse grids lose a part of every weight, here of both linears, which is not what was moved.
    let lost = Float(min(1, max(0.5, explained.slope)).squareRoot())
    rows = rows.map { $0 / lost }
    rowFactors[writer] = rows
    return rows
  }

  private func stored(
    _ module: String
  ) throws(InputError) -> (linear: QuantizedLinear, original: BaseRows)? {
    let linear = try reader.linear(module)
    let name = base.originalName(of: module)
    guard base.contains(name),
      try base.shape(of: name) == [linear.codes.rows, linear.codes.columns]
    else { return nil }
    return (linear, { [base] (rows) throws(InputError) in try base.matrix(name, rows: rows) })
  }

  /// The slope of each row on the base's with `others` taken in, by its first `count` columns.
  private func factors(
    of linear: QuantizedLinear, _ original: BaseRows, _ others: [Float]?, _ count: Int
  ) throws(InputError) -> [Float] {
    var slopes: [Float] = []
    for start in stride(from: 0, to: linear.codes.rows, by: Self.blockRows) {
      let range = start..<min(start + Self.blockRows, linear.codes.rows)
      let own = linear.corner(range, columns: count)
      let theirs = try original(range)
      for row in 0..<range.count {
        var weight = Array(theirs.row(row).prefix(count))
        if let others { weight = zip(weight, others).map { $0 * $1 } }
        let slope = Float(Line(Array(own.row(row)), weight).slope)
        slopes.append(slope > 0.01 && slope < 100 ? slope : 1)
      }
    }
    return slopes
  }

  /// The factors of as many columns that undo those of `rows`, head by head where some share theirs.
  private func columnFactors(against rows: [Float], columns: Int) -> [Float]? {
    if rows.count == columns { return rows.map { 1 / $0 } }
    guard let head, head > 0, rows.count > 0, columns % rows.count == 0, rows.count % head == 0
    else { return nil }
    let shared = columns / rows.count
    return (0..<columns).map { 1 / rows[$0 / head / shared * head + $0 % head] }
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

extension [Float] {
  /// Whether factors differ typically by more than a share of `least`, or some of them by far more: what
  /// is moved may be moved out of a few channels alone.
  fileprivate func areUneven(beyond least: Float) -> Bool {
    guard count > 2 else { return false }
    let sorted = sorted()
    let middle = sorted[count / 2]
    let off = sorted.map { abs(log($0 / middle)) }.sorted()
    return off[count / 2] > least || off[count - 1 - count / 200] > 5 * least
  }
}

extension QuantizedLinear {
  /// The weights of some rows in the first `columns` columns.
  fileprivate func corner(_ range: Range<Int>, columns: Int) -> Matrix<Float> {
    if columns == codes.columns { return rows(in: range).dequantized() }
    var corner = Matrix<Float>(rows: range.count, columns: columns)
    for row in range {
      for column in 0..<columns {
        let group = Int(groupIndex[column])
        corner[row - range.lowerBound, column] =
          grids.scales[row, group] * Float(Int32(codes[row, column]) - grids.zeros[row, group])
      }
    }
    return corner
  }
}

extension Matrix<Float> {
  /// Rows and columns times factors of their own.
  fileprivate func scaling(rows factors: [Float]?, columns others: [Float]?) -> Matrix {
    var scaled = self
    for row in 0..<rows {
      let factor = factors?[row] ?? 1
      for column in 0..<columns { scaled[row, column] *= factor * (others?[column] ?? 1) }
    }
    return scaled
  }
}
