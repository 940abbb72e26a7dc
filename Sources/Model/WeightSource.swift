import Basics
import Tensor

/// Where a model's tensors come from: a folder of safetensors, or quantized tensors that are
/// dequantized on the way.
public protocol WeightSource: Sendable {
  /// Whether the tensor is there.
  func contains(_ name: String) -> Bool
  /// A two-dimensional tensor, (rows, columns), as float32.
  func matrix(_ name: String) throws(InputError) -> Matrix<Float>
  /// A one-dimensional tensor, as float32.
  func vector(_ name: String) throws(InputError) -> [Float]
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension SafetensorsDirectory: WeightSource {
  public func contains(_ name: String) -> Bool { file(of: name) != nil }

  public func matrix(_ name: String) throws(InputError) -> Matrix<Float> {
    let file = try existingFile(of: name)
    let shape = try file.entry(name).shape
    guard shape.count == 2 else { throw wrongShape(name, shape, "two dimensions") }
    return Matrix(rows: shape[0], columns: shape[1], elements: try file.floats(name))
  }

  public func vector(_ name: String) throws(InputError) -> [Float] {
    let file = try existingFile(of: name)
    let shape = try file.entry(name).shape
    guard shape.count == 1 else { throw wrongShape(name, shape, "one dimension") }
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
      found: "shape \(shape), where \(expected) are expected",
      hint: "check that config.json and the weights belong to the same model")
  }
}

extension WeightSource {
  /// A matrix that must be (rows, columns).
  func matrix(_ name: String, rows: Int, columns: Int) throws(InputError) -> Matrix<Float> {
    let matrix = try matrix(name)
    guard matrix.rows == rows, matrix.columns == columns else {
      throw shapeError(name, "(\(matrix.rows), \(matrix.columns))", "(\(rows), \(columns))")
    }
    return matrix
  }

  /// A vector that must have `count` elements.
  func vector(_ name: String, count: Int) throws(InputError) -> [Float] {
    let vector = try vector(name)
    guard vector.count == count else { throw shapeError(name, "(\(vector.count))", "(\(count))") }
    return vector
  }

  private func shapeError(_ name: String, _ found: String, _ expected: String) -> InputError {
    InputError(
      .badData, asked: "load \(name)",
      found: "shape \(found), where config.json makes it \(expected)",
      hint: "check that config.json and the weights belong to the same model")
  }
}
