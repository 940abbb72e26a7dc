import Basics
import Compute
import Foundation
import Tensor

/// The engine of one GPU. Values stay in its memory; products take BF16 sides and sum in float32, the
/// residual stream, Hessians, factors and the column loop are float32 (or Double where asked for).
public final class CUDAEngine: Engine, @unchecked Sendable {
  /// What computes.
  public let device: CUDADevice
  private let kept: KeptMemory

  /// Computes on `device`.
  public init(_ device: CUDADevice) {
    self.device = device
    kept = KeptMemory(device)
  }

  /// GPU `ordinal` of this machine.
  /// - Throws: `InputError` where there is no driver, no such GPU, or a library is missing.
  public convenience init(ordinal: Int) throws(InputError) {
    let libraries = try CUDALibraries.load()
    self.init(try CUDADevice(ordinal, api: libraries.api, files: libraries.files))
  }

  /// The card, its driver, and the libraries' versions.
  public var summary: String {
    let version = { (number: Int) in "\(number / 1000).\(number % 1000 / 10)" }
    return "\(device.name), driver for CUDA \(version(device.versions.driver)), "
      + "NVRTC \(version(device.versions.compiler)), cuBLAS \(device.versions.blas), "
      + "BF16 products with float32 sums"
  }

  /// The first thing that went wrong on the GPU.
  public var failure: InputError? { device.failure }

  /// Waits until everything asked so far is done.
  public func synchronize() { device.synchronize() }

  /// Has the GPU's clock tell when it does what.
  public func recordTimeline() { device.recordTimeline() }

  /// What the GPU has done since this was asked last.
  public func takeTimeline() -> [DeviceSlice] { device.takeTimeline() }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CUDAEngine {
  // MARK: Crossings

  public func upload(_ matrix: Matrix<Float>) -> EngineBuffer { wrap(device.upload(matrix)) }

  public func upload(_ matrix: EncodedMatrix) -> EngineBuffer { wrap(device.upload(matrix)) }

  public var takesEncoded: Bool { true }

  public var loadsAhead: Bool { true }

  public func nonFiniteCount(_ x: EngineBuffer) -> Int { device.nonFiniteCount(matrix(x)) }

  public func download(_ buffer: EngineBuffer) -> Matrix<Float> {
    buffer.element == .float64
      ? Matrix<Float>(device.downloadDoubles(matrix(buffer))) : device.download(matrix(buffer))
  }

  public func upload(
    _ codes: Matrix<UInt8>, grids: GroupGrids, groupIndex: [Int32]
  ) -> KeptCodes {
    KeptCodes(
      codes: wrap(device.upload(codes)),
      grids: wrap(
        DeviceGrids(scales: device.upload(grids.scales), zeros: device.upload(grids.zeros))),
      groupIndex: groupIndex)
  }

  public func download(_ codes: KeptCodes) -> (codes: Matrix<UInt8>, grids: GroupGrids) {
    (
      device.downloadCodes(matrix(codes.codes)),
      GroupGrids(
        scales: device.download(matrix(codes.grids.scales)),
        zeros: device.downloadInts(matrix(codes.grids.zeros)))
    )
  }

  public func diagonal(_ h: EngineBuffer) -> [Float] { device.diagonal(matrix(h)) }

  // MARK: Waiting

  public func keep(_ buffer: EngineBuffer) -> EngineBuffer {
    if let storage = buffer.storage as? CUDAStorage { kept.keep(storage) }
    return buffer
  }

  public func limitKept(_ bytes: Int, folder: URL) { kept.setBudget(bytes) }

  public func canKeep(_ part: EngineBuffer, rows: Int) -> Bool {
    guard part.rows > 0, let bytes = (part.storage as? CUDAStorage)?.matrix?.bytes else {
      return true
    }
    return kept.hasRoom(for: bytes / part.rows * rows)
  }

  public var freeBytes: Int? { device.memory.free }

  public var spilledBytes: Int { kept.movedBytes }

  // MARK: Buffers

  /// The matrix behind a buffer of this engine.
  func matrix(_ buffer: EngineBuffer) -> DeviceMatrix {
    guard let matrix = (buffer.storage as? CUDAStorage)?.matrix else {
      preconditionFailure("a matrix of this engine")
    }
    return matrix
  }

  /// The matrix behind a buffer that is to be changed in place: its own, or a copy where another
  /// buffer shares it.
  func matrix(changing buffer: inout EngineBuffer) -> DeviceMatrix {
    if !buffer.isUnique() { buffer = wrap(matrix(buffer).copy()) }
    guard let matrix = (buffer.storage as? CUDAStorage)?.matrixToChange else {
      preconditionFailure("a matrix of this engine")
    }
    return matrix
  }

  func wrap(_ matrix: DeviceMatrix) -> EngineBuffer {
    let element: EngineBuffer.Element =
      switch matrix.element {
      case .float32: .float32
      case .float64: .float64
      case .code: .code
      case .int32: .int32
      }
    return EngineBuffer(
      rows: matrix.rows, columns: matrix.columns, element: element, storage: CUDAStorage(matrix))
  }

  func wrap(_ grids: DeviceGrids) -> KeptGrids {
    KeptGrids(scales: wrap(grids.scales), zeros: wrap(grids.zeros))
  }

  func unwrap(_ grids: KeptGrids) -> DeviceGrids {
    DeviceGrids(scales: matrix(grids.scales), zeros: matrix(grids.zeros))
  }
}
