import Basics
import CKernels
import Foundation

/// One safetensors file: eight bytes of header length, a JSON header, the data (format:
/// huggingface/safetensors). The header is checked against the file before any tensor is read, and
/// tensors do not overlap, so that all of them together are no larger than the file.
public struct SafetensorsFile: Sendable {
  /// One tensor's entry in the header.
  public struct Entry: Sendable, Equatable {
    /// The element type's name, as in the header.
    public let dtype: String
    /// The shape, outermost dimension first.
    public let shape: [Int]
    /// Where its bytes are in the file.
    public let range: Range<Int>
  }

  /// The file.
  public let url: URL
  /// Its tensors, by name.
  public let entries: [String: Entry]
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  private let file: PositionedFile

  /// Opens `url` and checks its header: lengths, offsets and shapes must agree with the file.
  public init(_ url: URL) throws(InputError) {
    self.url = url
    file = try PositionedFile(url)
    (entries, metadata) = try SafetensorsHeader.parse(file, url)
  }

  /// The entry named `name`.
  public func entry(_ name: String) throws(InputError) -> Entry {
    guard let entry = entries[name] else {
      throw InputError(
        .badData, asked: "read the tensor \(name) of \(url.lastPathComponent)",
        found: "no such tensor among \(entries.count)",
        hint: "check that config.json and the weights belong to the same model")
    }
    return entry
  }

  /// The elements of an F32, F16 or BF16 tensor, as float32: all of them, or those of `range`,
  /// counted in row-major order.
  public func floats(_ name: String, _ range: Range<Int>? = nil) throws(InputError) -> [Float] {
    let entry = try entry(name)
    let type = StorageType(rawValue: entry.dtype)
    guard let type, type != .i32 else {
      throw unsupported(name, entry, "F32, F16 or BF16")
    }
    let range = range ?? 0..<entry.range.count / type.byteCount
    let start = entry.range.lowerBound + range.lowerBound * type.byteCount
    let count = range.count
    precondition(
      range.lowerBound >= 0 && range.upperBound <= entry.range.count / type.byteCount,
      "within the tensor")
    switch type {
    case .f16: return try file.halves(from: start, count: count, tenbin_f16_to_f32)
    case .bf16: return try file.halves(from: start, count: count, tenbin_bf16_to_f32)
    case .f32, .i32: return try file.elements(Float.self, from: start, count: count)
    }
  }

  /// Some rows of a two-dimensional F32, F16 or BF16 tensor, as they are stored.
  public func encoded(_ name: String, rows: Range<Int>) throws(InputError) -> EncodedMatrix {
    let entry = try entry(name)
    guard let format = FloatFormat.allCases.first(where: { $0.storageType.rawValue == entry.dtype })
    else { throw unsupported(name, entry, "F32, F16 or BF16") }
    precondition(
      entry.shape.count == 2 && rows.lowerBound >= 0 && rows.upperBound <= entry.shape[0],
      "rows of a matrix")
    let columns = entry.shape[1]
    let rowBytes = columns * format.storageType.byteCount
    let bytes = try file.bytes(
      from: entry.range.lowerBound + rows.lowerBound * rowBytes, count: rows.count * rowBytes)
    return EncodedMatrix(rows: rows.count, columns: columns, format: format, bytes: bytes)
  }

  /// The elements of an I32 tensor: all of them, or those of `range`, counted in row-major order.
  public func int32s(_ name: String, _ range: Range<Int>? = nil) throws(InputError) -> [Int32] {
    let entry = try entry(name)
    guard entry.dtype == StorageType.i32.rawValue else { throw unsupported(name, entry, "I32") }
    let all = 0..<entry.range.count / StorageType.i32.byteCount
    let range = range ?? all
    precondition(all.contains(range), "within the tensor")
    let start = entry.range.lowerBound + range.lowerBound * StorageType.i32.byteCount
    return try file.elements(Int32.self, from: start, count: range.count)
  }

  /// Has the system fetch a tensor from the disk while something else is done.
  public func willRead(_ name: String) {
    if let entry = entries[name] { file.willRead(entry.range) }
  }

  /// A tensor's bytes as they stand in the file: all of them, or those of `part`, counted from its
  /// first.
  public func bytes(_ name: String, _ part: Range<Int>? = nil) throws(InputError) -> [UInt8] {
    let range = try entry(name).range
    let part = part ?? 0..<range.count
    precondition(part.lowerBound >= 0 && part.upperBound <= range.count, "within the tensor")
    return try file.elements(
      UInt8.self, from: range.lowerBound + part.lowerBound, count: part.count)
  }

  /// SHA-256 of the whole file, read in steps of 1 MiB.
  public func hexDigest() throws(InputError) -> String {
    var hash = SHA256()
    for start in stride(from: 0, to: file.count, by: 1 << 20) {
      let count = min(1 << 20, file.count - start)
      hash.update(try file.elements(UInt8.self, from: start, count: count))
    }
    return hash.hexDigest()
  }

  private func unsupported(_ name: String, _ entry: Entry, _ expected: String) -> InputError {
    InputError(
      .badData, asked: "read the tensor \(name) of \(url.lastPathComponent)",
      found: "element type \(entry.dtype), where \(expected) is expected",
      hint: "convert the checkpoint to a supported type")
  }
}
