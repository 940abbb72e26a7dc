import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// What a module is, whose codes have nothing in common with the base's weights of its name: another
/// tensor, its own rows or columns in another order, its own codes in another order within words.
///
/// Rows are held against rows by their cosine. Quantized weights have one of 0.9 and more with those
/// they were made from, even with two bits, and any others one near 0.
struct ModuleIdentity {
  /// What was found.
  enum Pattern: Hashable, Sendable {
    /// The base's tensor of another name.
    case tensor(String)
    /// Rows in the order of the interleaved rotary embedding, or the reverse of it.
    case interleaved
    /// Whole heads in another order.
    case heads
    case rows
    case columns
    /// Rows of several tensors.
    case split(Set<String>)
    /// Codes in another order within each word of 32 bits.
    case words(AuditSentence)
    case transposed
  }

  let reader: GPTQCheckpointReader
  let base: ModelWeights
  /// The width of a head, where the config says.
  let headDimension: Int?
  let engine: any Engine

  /// Cosines above which two rows are the same.
  static let same: Float = 0.5
  private static let samples = 24

  /// The base's tensors that some of `modules` are, by module.
  func otherTensors(_ modules: [String]) throws(InputError) -> [String: String] {
    try TensorMatch(reader: reader, base: base, engine: engine).others(of: modules)
  }

  /// What `module` is, `other` being the tensor that it was found to hold, if any; nil for nothing that
  /// is known.
  func pattern(of module: String, other: String?) throws(InputError) -> Pattern? {
    let linear = try reader.linear(module)
    let places = Self.places(linear.codes.rows)
    let weight = linear.dequantized()
    let rows = Self.unit(weight.selectingRows(places))
    if let order = try wordOrder(module, linear, places) { return .words(order.name) }
    if let other { return .tensor(other) }
    if let found = try rowPattern(module, rows, places) { return found }
    return try columnPattern(module, weight)
  }

  private static func places(_ count: Int) -> [Int] {
    // An odd step, so that not all of them are even rows.
    let step = max(1, count / samples) | 1
    return Array(stride(from: 0, to: count, by: step))
  }

  /// Rows divided by their norms.
  static func unit(_ matrix: Matrix<Float>) -> Matrix<Float> {
    var result = matrix
    for row in 0..<matrix.rows {
      let size = matrix.row(row).reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      guard size > 0, size.isFinite else { continue }
      for column in 0..<matrix.columns { result[row, column] /= size }
    }
    return result
  }

  /// The products of rows, all of length 1: (rows of a, rows of b).
  func cosines(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Matrix<Float> {
    engine.download(
      engine.multiply(engine.upload(a), transposingA: false, engine.upload(b), transposingB: true))
  }

  func original(_ module: String) -> String { base.originalName(of: module) }

  /// The share of `places` whose row is the base's of that place in `tensor`.
  private func agreement(
    _ rows: Matrix<Float>, _ places: [Int], _ tensor: String
  ) throws(InputError) -> Double {
    guard base.contains(tensor) else { return 0 }
    let shape = try base.shape(of: tensor)
    guard shape.count == 2, shape[1] == rows.columns, shape[0] > places.last ?? 0 else { return 0 }
    var count = 0
    for (line, place) in places.enumerated() {
      let theirs = Self.unit(try base.matrix(tensor, rows: place..<place + 1))
      let cosine = zip(rows.row(line), theirs.elements).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      count += cosine > Self.same ? 1 : 0
    }
    return Double(count) / Double(max(places.count, 1))
  }

  /// Orders of codes within a word, as other packers and machines have them: which code of the word
  /// stands at each place.
  private static func orders(bits: Int) -> [(name: AuditSentence, order: [Int])] {
    let count = 32 / bits
    var orders: [(AuditSentence, [Int])] = [
      (.base(.reversedInWords), Array((0..<count).reversed()))
    ]
    if bits < 8 {
      let perByte = 8 / bits
      orders += [
        (
          .base(.byteOrder),
          (0..<count).map { (3 - $0 / perByte) * perByte + $0 % perByte }
        ),
        (
          .base(.reversedInBytes),
          (0..<count).map { $0 / perByte * perByte + perByte - 1 - $0 % perByte }
        ),
      ]
    }
    if bits == 4 {
      orders += [
        (.base(.orderOfAWQ), [0, 2, 4, 6, 1, 3, 5, 7]),
        (.base(.reverseOrderOfAWQ), [0, 4, 1, 5, 2, 6, 3, 7]),
      ]
    }
    return orders.map { (name: $0.0, order: $0.1) }
  }

  /// Codes as another packer or machine has them within a word, and the linear read so in the rows
  /// `places`.
  func wordOrder(
    _ module: String, _ linear: QuantizedLinear, _ places: [Int]
  ) throws(InputError) -> (name: AuditSentence, linear: QuantizedLinear)? {
    guard linear.bits != 3 else { return nil }
    for (name, order) in Self.orders(bits: linear.bits) {
      var other = linear
      let count = order.count
      for row in places {
        for column in 0..<linear.codes.columns {
          let source = column / count * count + order[column % count]
          guard source < linear.codes.columns else { continue }
          other.codes[row, column] = linear.codes[row, source]
        }
      }
      let rows = Self.unit(other.dequantized().selectingRows(places))
      if try agreement(rows, places, original(module)) > 0.7 { return (name, other) }
    }
    // Codes that count from the middle, as two's complement does.
    var signed = linear
    let middle = UInt8(1 << (linear.bits - 1))
    signed.codes = linear.codes.map { $0 ^ middle }
    let rows = Self.unit(signed.dequantized().selectingRows(places))
    return try agreement(rows, places, original(module)) > 0.7
      ? (.base(.signedCodes), signed) : nil
  }

  /// For each sampled row the tensor and row of the base that it is.
  private func sources(
    _ rows: Matrix<Float>, _ tensors: [String]
  ) throws(InputError) -> [(tensor: String, row: Int)?] {
    var best = [(cosine: Float, tensor: String, row: Int)](
      repeating: (Self.same, "", -1), count: rows.rows)
    for tensor in tensors where base.contains(tensor) {
      let shape = try base.shape(of: tensor)
      guard shape.count == 2, shape[1] == rows.columns else { continue }
      for start in stride(from: 0, to: shape[0], by: 2048) {
        let range = start..<min(start + 2048, shape[0])
        let block = Self.unit(try base.matrix(tensor, rows: range))
        let cosines = cosines(rows, block)
        for line in 0..<rows.rows {
          for column in 0..<cosines.columns where cosines[line, column] > best[line].cosine {
            best[line] = (cosines[line, column], tensor, start + column)
          }
        }
      }
    }
    return best.map { $0.row < 0 ? nil : (tensor: $0.tensor, row: $0.row) }
  }

  private func rowPattern(
    _ module: String, _ rows: Matrix<Float>, _ places: [Int]
  ) throws(InputError) -> Pattern? {
    let own = original(module)
    let stem = module.split(separator: ".").dropLast().joined(separator: ".")
    let family = ["q_proj", "k_proj", "v_proj", "gate_proj", "up_proj"].map {
      "\(stem).\($0).weight"
    }
    let found = try sources(rows, [own] + family.filter { $0 != own })
    let known = zip(places, found).compactMap { place, source in source.map { (place, $0) } }
    guard known.count * 10 > places.count * 7 else { return nil }
    let tensors = Set(known.map(\.1.tensor))
    guard tensors == [own] else { return .split(tensors) }
    let pairs = known.map { (place: $0.0, row: $0.1.row) }
    guard let width = headDimension, width > 1 else { return .rows }
    let isInterleaved = pairs.allSatisfy { pair in
      let (head, inner) = (pair.place / width, pair.place % width)
      return pair.row == head * width + inner / 2 + inner % 2 * (width / 2)
    }
    let isReversed = pairs.allSatisfy { pair in
      let (head, inner) = (pair.place / width, pair.place % width)
      return pair.row == head * width + inner % (width / 2) * 2 + inner / (width / 2)
    }
    if isInterleaved || isReversed { return .interleaved }
    return pairs.allSatisfy { $0.place % width == $0.row % width } ? .heads : .rows
  }

  private func columnPattern(
    _ module: String, _ weight: Matrix<Float>
  ) throws(InputError) -> Pattern? {
    let tensor = original(module)
    // Some rows of both, taken as columns.
    let lines = Array(stride(from: 0, to: weight.rows, by: max(1, weight.rows / 512)))
    let own = weight.selectingRows(lines).transposed()
    var elements: [Float] = []
    for line in lines { elements += try base.matrix(tensor, rows: line..<line + 1).elements }
    let theirs = Self.unit(
      Matrix(rows: lines.count, columns: weight.columns, elements: elements).transposed())
    let places = Self.places(own.rows)
    let some = Self.unit(own.selectingRows(places))
    let cosines = cosines(some, theirs)
    let matched = places.indices.count { line in
      cosines.row(line).contains { $0 > Self.same }
    }
    if matched * 10 > places.count * 7 { return .columns }
    guard weight.rows == weight.columns else { return nil }
    let rows = Self.unit(weight.transposed().selectingRows(places))
    return try agreement(rows, places, tensor) > 0.7 ? .transposed : nil
  }
}
