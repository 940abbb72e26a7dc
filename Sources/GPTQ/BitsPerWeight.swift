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

/// Weights of a model by the room that they take in a checkpoint, added up to its bits_per_weight.
public struct StoredWeights: Sendable, Equatable {
  /// All their bits.
  public private(set) var bits: Double
  /// How many they are.
  public private(set) var count: Double

  /// None yet, or as many as were added up before.
  public init(bits: Double = 0, count: Double = 0) { (self.bits, self.count) = (bits, count) }

  /// Adds a quantized linear.
  public mutating func add(_ linear: QuantizedLinear) {
    add(Double(linear.codes.elements.count), bitsPerWeight: linear.bitsPerWeight)
  }

  /// Adds weights that stay as they are, in 16 bits.
  public mutating func add(kept weights: Int) { add(Double(weights), bitsPerWeight: 16) }

  private mutating func add(_ weights: Double, bitsPerWeight: Double) {
    bits += bitsPerWeight * weights
    count += weights
  }

  /// Bits a weight takes, scales, zeros and g_idx counted; 0 where there is none.
  public var bitsPerWeight: Double { count > 0 ? bits / count : 0 }
}
