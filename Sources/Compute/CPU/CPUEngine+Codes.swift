import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  public func fitGrids(
    _ weight: EngineBuffer, groupSize: Int, grid: QuantizationGrid, search: GridSearch?
  ) -> KeptGrids {
    let order = Array(0..<weight.columns)
    return KeptGrids(
      GroupGrids(
        fitting: weight.floats, groupSize: groupSize, grid: grid,
        search: search.map { HostGridSearch($0, order: order, download: \.floats) }))
  }

  public func refineScales(
    _ codes: KeptCodes, weight: EngineBuffer, hessian h: EngineBuffer, scalesDtype: FloatFormat
  ) -> KeptGrids {
    let refinement = ScaleRefinement(
      hessian: h.floats, index: codes.groupIndex, groups: codes.grids.scales.columns,
      scalesDtype: scalesDtype)
    return KeptGrids(
      refinement.refined(
        codes.codes.codes, grids: GroupGrids(codes.grids), weight: weight.floats))
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
