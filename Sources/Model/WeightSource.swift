import Basics
import Compute
import Tensor

/// Where a model's tensors come from: a folder of safetensors, or quantized tensors that are
/// dequantized on the way. Every linear is seen as one `weight` of (out, in).
public protocol WeightSource: Sendable {
  /// Whether the tensor is there.
  func contains(_ name: String) -> Bool
  /// A tensor's shape, outermost dimension first; nothing of the tensor is read.
  func shape(of name: String) throws(InputError) -> [Int]
  /// The rows `rows` of a two-dimensional tensor, (rows, columns), as float32; no more is read than
  /// they need.
  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float>
  /// A one-dimensional tensor, as float32.
  func vector(_ name: String) throws(InputError) -> [Float]
  /// The rows `rows` of a two-dimensional tensor as `engine` keeps them; NaN and infinity are an error,
  /// for they would spread to every token.
  func weight(
    _ name: String, rows: Range<Int>, on engine: any Engine
  ) throws(InputError) -> EngineBuffer
  /// Bytes that an engine which takes weights as they are stored keeps of each number of a tensor.
  func keptBytes(of name: String) -> Int
  /// Says that the tensor will be asked for soon, so that it can be fetched meanwhile.
  func willRead(_ name: String)
}

extension WeightSource {
  /// float32.
  public func keptBytes(of name: String) -> Int { 4 }

  /// Takes no notice.
  public func willRead(_ name: String) {}

  /// As float32, from the host.
  public func weight(
    _ name: String, rows: Range<Int>, on engine: any Engine
  ) throws(InputError) -> EngineBuffer {
    engine.upload(try finiteMatrix(name, rows: rows))
  }
}

extension WeightSource {
  /// A whole two-dimensional tensor, (rows, columns), as float32.
  public func matrix(_ name: String) throws(InputError) -> Matrix<Float> {
    let shape = try shape(of: name)
    return try matrix(name, rows: 0..<(shape.first ?? 0))
  }

  /// As `matrix(_:rows:)`, but NaN and infinity are an error: they would spread to every token.
  public func finiteMatrix(
    _ name: String, rows: Range<Int>
  ) throws(InputError) -> Matrix<Float> {
    let matrix = try matrix(name, rows: rows)
    try refuseNonFinite(matrix.elements, name)
    return matrix
  }

  /// As `vector(_:)`, but NaN and infinity are an error.
  func finiteVector(_ name: String) throws(InputError) -> [Float] {
    let vector = try vector(name)
    try refuseNonFinite(vector, name)
    return vector
  }

  /// The weight of `norm`, whose tensor is called `name`, with its offset added.
  func weight(of norm: Norm, name: String? = nil) throws(InputError) -> [Float] {
    let stored = try finiteVector(name ?? norm.tensor)
    return norm.offset == 0 ? stored : stored.map { $0 + norm.offset }
  }

  private func refuseNonFinite(_ elements: [Float], _ name: String) throws(InputError) {
    let exponent: UInt32 = 0x7F80_0000
    // No early exit: a plain reduction becomes SIMD.
    let found = elements.reduce(into: UInt32(0)) { found, element in
      found |= element.bitPattern & exponent == exponent ? 1 : 0
    }
    guard found != 0 else { return }
    throw nonFinite(elements.count { !$0.isFinite }, of: name)
  }

  private func nonFinite(_ count: Int, of name: String) -> InputError {
    InputError(
      .badData, asked: "load \(name)", found: "\(count) values of it are NaN or infinity",
      hint: "the checkpoint is damaged or was converted with an overflow: download it again")
  }

  /// `buffer`, which was made from the tensor `name`, if all of it is numbers.
  public func refusingNonFinite(
    _ buffer: EngineBuffer, _ name: String, _ engine: any Engine
  ) throws(InputError) -> EngineBuffer {
    let count = engine.nonFiniteCount(buffer)
    if count > 0 { throw nonFinite(count, of: name) }
    return buffer
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SafetensorsDirectory: WeightSource {
  public func contains(_ name: String) -> Bool { file(of: name) != nil }

  public func willRead(_ name: String) { file(of: name)?.willRead(name) }

  public func keptBytes(of name: String) -> Int {
    guard let dtype = file(of: name)?.entries[name]?.dtype else { return 4 }
    return StorageType(rawValue: dtype)?.byteCount ?? 4
  }

  public func shape(of name: String) throws(InputError) -> [Int] {
    try existingFile(of: name).entry(name).shape
  }

  public func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    let (file, columns) = try checked(name, rows: rows)
    let elements = try file.floats(name, rows.lowerBound * columns..<rows.upperBound * columns)
    return Matrix(rows: rows.count, columns: columns, elements: elements)
  }

  public func weight(
    _ name: String, rows: Range<Int>, on engine: any Engine
  ) throws(InputError) -> EngineBuffer {
    guard engine.takesEncoded else { return engine.upload(try finiteMatrix(name, rows: rows)) }
    let encoded = try checked(name, rows: rows).file.encoded(name, rows: rows)
    return try refusingNonFinite(engine.upload(encoded), name, engine)
  }

  /// The file that holds the matrix `name`, which has those rows, and the matrix's columns.
  private func checked(
    _ name: String, rows: Range<Int>
  ) throws(InputError) -> (file: SafetensorsFile, columns: Int) {
    let file = try existingFile(of: name)
    let shape = try file.entry(name).shape
    guard shape.count == 2 else { throw wrongShape(name, shape, "two dimensions are") }
    guard rows.lowerBound >= 0, rows.upperBound <= shape[0] else {
      throw wrongShape(name, shape, "row \(rows.upperBound - 1) is")
    }
    return (file, shape[1])
  }

  public func vector(_ name: String) throws(InputError) -> [Float] {
    let file = try existingFile(of: name)
    let shape = try file.entry(name).shape
    guard shape.count == 1 else { throw wrongShape(name, shape, "one dimension is") }
    return try file.floats(name)
  }

  private func existingFile(of name: String) throws(InputError) -> SafetensorsFile {
    guard let file = file(of: name) else {
      throw InputError(
        .badData, asked: "read the tensor \(name) of \(url.path)", found: "no such tensor",
        hint: "check that config.json and the weights belong to the same model")
    }
    return file
  }

  private func wrongShape(_ name: String, _ shape: [Int], _ expected: String) -> InputError {
    InputError(
      .badData, asked: "read the tensor \(name) of \(url.path)",
      found: "shape \(shape), where \(expected) expected",
      hint: "check that config.json and the weights belong to the same model")
  }
}
