import Tensor

extension Engine {
  /// A vector, as (1, n).
  public func upload(vector: [Float]) -> EngineBuffer {
    upload(Matrix(rows: 1, columns: vector.count, elements: vector))
  }
}

/// What holds of an engine whose memory is the machine's own.
extension Engine {
  /// Nothing: the host's own clock sees all that it does.
  public func recordTimeline() {}

  /// Nothing.
  public func takeTimeline() -> [DeviceSlice] { [] }

  /// Decodes it on the way.
  public func upload(_ matrix: EncodedMatrix) -> EngineBuffer { upload(matrix.decoded) }

  /// float32 is as good.
  public var takesEncoded: Bool { false }

  /// No: all cores are at work, and the system reads ahead.
  public var loadsAhead: Bool { false }

  /// Itself.
  public var forFewTokens: any Engine { self }

  /// Counts them on the host.
  public func nonFiniteCount(_ x: EngineBuffer) -> Int {
    download(x).elements.count { !$0.isFinite }
  }

  /// Counts them on the host.
  public func weightErrors(
    of codes: KeptCodes, original: EngineBuffer, bits: Int, deadColumns: [Int]
  ) -> WeightErrorTally {
    let (matrix, grids) = download(codes)
    return WeightErrorTally(
      original: download(original), codes: matrix, grids: grids, groupIndex: codes.groupIndex,
      bits: bits, deadColumns: deadColumns)
  }

  /// Always: what does not fit waits in a file.
  public func canKeep(_ part: EngineBuffer, rows: Int) -> Bool { true }

  /// The machine's.
  public var freeBytes: Int? { nil }
}
