import Basics
import Calib
import Compute
import Foundation
import GPTQ
import Model
import Synchronization
import Tensor

/// The linears of the two sides as a pass left them, so that they can be swapped afterwards without
/// being solved again: codes, about one byte a weight, in memory or, where a folder is given, in files
/// that outlive the run.
final class WeightStore: Sendable {
  private struct Key: Hashable {
    var side: DiagnosisRole
    var layer: Int
    var linear: LinearName
  }

  private let folder: URL?
  private let linears = Mutex<[Key: QuantizedLinear]>([:])

  /// A store in memory, or in files of `folder`.
  init(folder: URL? = nil) {
    self.folder = folder
  }

  func store(
    _ codes: QuantizedLinear, _ side: DiagnosisRole, _ layer: Int, _ linear: LinearName
  ) throws(InputError) {
    guard let file = file(side, layer, linear) else {
      linears.withLock { $0[Key(side: side, layer: layer, linear: linear)] = codes }
      return
    }
    try codes.write(to: file)
  }

  /// The weight, (out, in); nil where the side keeps the base's.
  func weight(
    _ side: DiagnosisRole, _ layer: Int, _ linear: LinearName
  ) throws(InputError) -> Matrix<Float>? {
    guard let file = file(side, layer, linear) else {
      return linears.withLock { $0[Key(side: side, layer: layer, linear: linear)] }?.dequantized()
    }
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return try QuantizedLinear.weight(of: file)
  }

  private func file(_ side: DiagnosisRole, _ layer: Int, _ linear: LinearName) -> URL? {
    folder?.appendingPathComponent("\(side.rawValue)-\(layer)-\(linear.rawValue).safetensors")
  }
}

/// Which model of the two sides.
enum DiagnosisRole: String, Sendable, Hashable {
  case suspect
  case baseline
  /// Round-to-nearest on the suspect's grid.
  case suspectRTN
  /// Round-to-nearest on the baseline's grid.
  case baselineRTN
}

extension QuantizedLinear {
  /// Writes what its weights follow from.
  fileprivate func write(to file: URL) throws(InputError) {
    let groups = grids.scales.columns
    var writer = try SafetensorsWriter(
      file,
      entries: [
        .init(
          name: "codes", dtype: "U8", shape: [codes.rows, codes.columns],
          byteCount: codes.elements.count),
        .init(name: "scales", type: .f32, shape: [codes.rows, groups]),
        .init(name: "zeros", type: .i32, shape: [codes.rows, groups]),
        .init(name: "g_idx", type: .i32, shape: [groupIndex.count]),
      ])
    try writer.append(codes.elements)
    try writer.append(FloatFormat.f32.encode(grids.scales.elements))
    try writer.append(grids.zeros.elements.littleEndianBytes)
    try writer.append(groupIndex.littleEndianBytes)
    try writer.finish()
  }

  /// The weight, (out, in), that `write` has left in `file`.
  fileprivate static func weight(of file: URL) throws(InputError) -> Matrix<Float> {
    let stored = try SafetensorsFile(file)
    let (codes, scales) = (try stored.entry("codes").shape, try stored.entry("scales").shape)
    let index = try stored.int32s("g_idx")
    let zeros = try stored.int32s("zeros")
    guard codes.count == 2, scales.count == 2, codes[0] == scales[0], index.count == codes[1],
      zeros.count == scales[0] * scales[1], index.allSatisfy({ 0 <= $0 && $0 < scales[1] })
    else {
      throw InputError(
        .badData, asked: "go on with the saved codes \(file.path)", found: "another shape",
        hint: "remove \(file.deletingLastPathComponent().path) and run the command again")
    }
    let grids = GroupGrids(
      scales: Matrix(rows: scales[0], columns: scales[1], elements: try stored.floats("scales")),
      zeros: Matrix(rows: scales[0], columns: scales[1], elements: zeros))
    return grids.dequantize(
      Matrix(rows: codes[0], columns: codes[1], elements: try stored.bytes("codes")), index: index)
  }
}
