import Tensor

extension Engine {
  /// A vector, as (1, n).
  public func upload(vector: [Float]) -> EngineBuffer {
    upload(Matrix(rows: 1, columns: vector.count, elements: vector))
  }
}
