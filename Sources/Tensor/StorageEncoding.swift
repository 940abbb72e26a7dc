import CKernels

extension FloatFormat {
  /// `values` rounded to this format, half to even, as little-endian bytes.
  public func encode(_ values: [Float]) -> [UInt8] {
    switch self {
    case .f32: bytes(of: values)
    case .f16: bytes(of: halves(values, tenbin_f32_to_f16))
    case .bf16: bytes(of: halves(values, tenbin_f32_to_bf16))
    }
  }

  /// What `encode` made of some values, as float32.
  func decode(_ bytes: [UInt8]) -> [Float] {
    let count = bytes.count / storageType.byteCount
    return [Float](unsafeUninitializedCapacity: count) { out, initialized in
      bytes.withUnsafeBytes { source in
        guard let from = source.baseAddress, let to = out.baseAddress else { return }
        decode(from, count: count, to: to)
      }
      initialized = count
    }
  }

  /// Decodes `count` values that stand at `from`.
  func decode(_ from: UnsafeRawPointer, count: Int, to out: UnsafeMutablePointer<Float>) {
    switch self {
    case .f32: UnsafeMutableRawPointer(out).copyMemory(from: from, byteCount: 4 * count)
    case .f16: tenbin_f16_to_f32(from, out, count)
    case .bf16: tenbin_bf16_to_f32(from, out, count)
    }
  }

  private func halves(
    _ values: [Float],
    _ convert: (UnsafePointer<Float>?, UnsafeMutablePointer<UInt16>?, Int) -> Void
  ) -> [UInt16] {
    [UInt16](unsafeUninitializedCapacity: values.count) { out, initialized in
      if !values.isEmpty { convert(values, out.baseAddress, values.count) }
      initialized = values.count
    }
  }
}

extension [Int32] {
  /// The numbers as little-endian bytes.
  public var littleEndianBytes: [UInt8] { bytes(of: self) }

  /// The numbers of little-endian bytes, four each.
  public init(littleEndianBytes bytes: [UInt8]) {
    precondition(bytes.count % 4 == 0, "four bytes a number")
    self = bytes.withUnsafeBytes { source in
      (0..<bytes.count / 4).map {
        Int32(littleEndian: source.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))
      }
    }
  }
}

extension [Float] {
  /// The numbers as little-endian bytes.
  public var littleEndianBytes: [UInt8] { bytes(of: self) }

  /// The numbers of little-endian bytes, four each.
  public init(littleEndianBytes bytes: [UInt8]) {
    precondition(bytes.count % 4 == 0, "four bytes a number")
    self.init(unsafeUninitializedCapacity: bytes.count / 4) { out, initialized in
      bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(out).copyBytes(from: $0) }
      initialized = bytes.count / 4
    }
  }
}

/// The memory of `values`. Every machine that tenbin runs on is little-endian.
private func bytes<T: BitwiseCopyable>(of values: [T]) -> [UInt8] {
  values.withUnsafeBytes { Array($0) }
}
