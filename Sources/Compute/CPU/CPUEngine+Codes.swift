import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  public func fitGrids(
    _ weight: EngineBuffer, groupSize: Int, grid: QuantizationGrid
  ) -> KeptGrids {
    KeptGrids(GroupGrids(fitting: weight.floats, groupSize: groupSize, grid: grid))
  }

  public func dequantize(_ codes: KeptCodes) -> EngineBuffer {
    EngineBuffer(GroupGrids(codes.grids).dequantize(codes.codes.codes, index: codes.groupIndex))
  }

  public func clearColumns(_ x: inout EngineBuffer, _ columns: [Int]) {
    if columns.isEmpty { return }
    x.updateFloats { x in
      for row in 0..<x.rows { for column in columns { x[row, column] = 0 } }
    }
  }
}
