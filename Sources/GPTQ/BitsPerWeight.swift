extension QuantizeConfig {
  /// Bits that a linear will take in a checkpoint: codes, zeros, scales, and the group of each input.
  public func storedBits(outFeatures: Int, inFeatures: Int) -> Int {
    let groups = groupCount(inFeatures: inFeatures) * outFeatures
    return bits * outFeatures * inFeatures + 32 * inFeatures
      + groups * (bits + 8 * scalesDtype.storageType.byteCount)
  }
}

extension QuantizedLinear {
  /// Bits per weight takes in the file, scales, zeros and g_idx included.
  public var bitsPerWeight: Double {
    let groups = Double(grids.scales.elements.count)
    let perGroup = Double(bits) + Double(8 * scalesDtype.storageType.byteCount)
    let index = Double(32 * groupIndex.count)
    return Double(bits) + (groups * perGroup + index) / Double(max(codes.elements.count, 1))
  }
}
