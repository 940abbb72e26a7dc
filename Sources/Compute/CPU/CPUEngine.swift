import Basics
import CKernels
import COpenBLAS
import Foundation
import Tensor

/// The engine of one machine's cores: OpenBLAS, and C kernels in parallel loops. Its buffers are
/// arrays; kept ones beyond a budget wait in a file.
public struct CPUEngine: Engine {
  /// How many threads the parallel loops use, products among them.
  public let threads: Int
  /// Whether it is the one for few tokens, which keeps weights as they are stored.
  public private(set) var takesEncoded = false
  let store = MatrixStore()

  /// An engine on as many threads as `ThreadCount` decides, for the whole process.
  /// - Precondition: OpenBLAS can be opened; `opened` says why where it cannot.
  public init(threads: Int? = nil) {
    tenbin_keep_freed_memory()
    self.threads = ThreadCount.decided(asked: threads)
    WorkingThreads.count = self.threads
    let isThere: Void? = try? OpenBLAS.prepare(threads: self.threads)
    precondition(isThere != nil, "OpenBLAS can be opened")
  }

  /// An engine, or why there is none: OpenBLAS is not installed, or its memory cannot be had.
  public static func opened(threads: Int? = nil) throws(InputError) -> CPUEngine {
    try OpenBLAS.prepare(threads: ThreadCount.decided(asked: threads))
    return CPUEngine(threads: threads)
  }

  /// OpenBLAS's version, its kernels for this CPU, and the threads.
  public var summary: String {
    let build = String(cString: openblas_get_config()).split(separator: " ").prefix(2)
    let kernel = String(cString: openblas_get_corename())
    return "\(build.joined(separator: " ")), \(kernel) kernels, \(threads) threads"
  }

  /// The first failure of the file in which kept buffers wait.
  public var failure: InputError? { store.failure }

  /// Does nothing: every operation is done when it returns.
  public func synchronize() {}
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  public func upload(_ matrix: Matrix<Float>) -> EngineBuffer { EngineBuffer(matrix) }

  public func upload(_ matrix: EncodedMatrix) -> EngineBuffer {
    takesEncoded && matrix.format != .f32 ? EngineBuffer(matrix) : EngineBuffer(matrix.decoded)
  }

  public var forFewTokens: any Engine {
    var engine = self
    engine.takesEncoded = true
    return engine
  }

  public func download(_ buffer: EngineBuffer) -> Matrix<Float> {
    buffer.element == .float64 ? Matrix<Float>(buffer.doubles) : buffer.floats
  }

  public func upload(
    _ codes: Matrix<UInt8>, grids: GroupGrids, groupIndex: [Int32]
  ) -> KeptCodes {
    KeptCodes(codes: EngineBuffer(codes), grids: KeptGrids(grids), groupIndex: groupIndex)
  }

  public func download(_ codes: KeptCodes) -> (codes: Matrix<UInt8>, grids: GroupGrids) {
    (codes.codes.codes, GroupGrids(codes.grids))
  }

  public func diagonal(_ h: EngineBuffer) -> [Float] { h.floats.diagonal }

  public func keep(_ buffer: EngineBuffer) -> EngineBuffer {
    guard case .floats(let matrix) = buffer.cpu.contents else { return buffer }
    return EngineBuffer(
      rows: buffer.rows, columns: buffer.columns, storage: CPUStorage(.waiting(store.keep(matrix))))
  }

  public func limitKept(_ bytes: Int, folder: URL) { store.limit(bytes, folder: folder) }

  public var spilledBytes: Int { store.spilledBytes }
}
