/// The element types of a safetensors file that tenbin reads and writes, by their names there.
public enum StorageType: String, Sendable, CaseIterable {
  case f32 = "F32"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .f32, .i32: 4
    case .f16, .bf16: 2
    }
  }
}

/// A floating-point type to which values are rounded when they are stored.
public enum FloatFormat: String, Sendable, CaseIterable, Codable {
  case f16
  case bf16
  case f32

  /// `value` rounded to this format, half to even, as float32.
  public func round(_ value: Float) -> Float {
    switch self {
    case .f32: value
    case .f16: Float(Float16(value))
    case .bf16: Float(bfloat16Bits: value.bfloat16Bits)
    }
  }

  /// The type's name in a safetensors file.
  public var storageType: StorageType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    }
  }
}

extension Float {
  /// The upper half of a float32: the value of a bfloat16.
  public init(bfloat16Bits bits: UInt16) {
    self.init(bitPattern: UInt32(bits) << 16)
  }

  /// The nearest bfloat16, half to even; a NaN stays one.
  public var bfloat16Bits: UInt16 {
    let bits = bitPattern
    if isNaN { return UInt16(bits >> 16) | 0x0040 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
  }
}
