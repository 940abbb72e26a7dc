import Basics
import CKernels
import Foundation

/// One safetensors file, mapped for reading: eight bytes of header length, a JSON header, the data
/// (format: huggingface/safetensors). The header is checked against the file before any tensor is
/// read.
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
  private let file: MappedFile

  /// Opens `url` and checks its header: lengths, offsets and shapes must agree with the file.
  public init(_ url: URL) throws(InputError) {
    self.url = url
    file = try MappedFile(url)
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
    return file.withBytes(start..<start + count * type.byteCount) { bytes in
      [Float](unsafeUninitializedCapacity: count) { out, initialized in
        initialized = count
        guard count > 0, let out = out.baseAddress, let base = bytes.baseAddress else { return }
        switch type {
        case .f16: tenbin_f16_to_f32(base, out, count)
        case .bf16: tenbin_bf16_to_f32(base, out, count)
        case .f32, .i32: memcpy(out, base, bytes.count)
        }
      }
    }
  }

  /// The elements of an I32 tensor.
  public func int32s(_ name: String) throws(InputError) -> [Int32] {
    let entry = try entry(name)
    guard entry.dtype == StorageType.i32.rawValue else { throw unsupported(name, entry, "I32") }
    let count = entry.range.count / 4
    return file.withBytes(entry.range) { bytes in
      [Int32](unsafeUninitializedCapacity: count) { out, initialized in
        initialized = count
        if count > 0, let base = bytes.baseAddress, let out = out.baseAddress {
          memcpy(out, base, bytes.count)
        }
      }
    }
  }

  /// A tensor's bytes as they stand in the file.
  public func bytes(_ name: String) throws(InputError) -> [UInt8] {
    let entry = try entry(name)
    return file.withBytes(entry.range) { Array($0) }
  }

  /// SHA-256 of the whole file, read in steps of 1 MiB.
  public func hexDigest() -> String {
    var hash = SHA256()
    for start in stride(from: 0, to: file.count, by: 1 << 20) {
      file.withBytes(start..<min(file.count, start + 1 << 20)) { hash.update($0) }
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

/// Parsing and checking of the header.
private enum SafetensorsHeader {
  static func parse(
    _ file: MappedFile, _ url: URL
  ) throws(InputError) -> ([String: SafetensorsFile.Entry], [String: String]) {
    func broken(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read the safetensors file \(url.path)", found: found,
        hint: "the file is damaged or cut short: copy or download it again")
    }
    guard file.count >= 8 else { throw broken("\(file.count) bytes, too few for a header") }
    let length = file.withBytes(0..<8) { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= min(UInt64(file.count - 8), longestHeader) else {
      throw broken("a header of \(length) bytes in a file of \(file.count)")
    }
    let dataStart = 8 + Int(length)
    let json = file.withBytes(8..<dataStart) { Data($0) }
    let header: [String: HeaderValue]
    do {
      header = try JSONDecoder().decode([String: HeaderValue].self, from: json)
    } catch {
      throw broken("a header that is not the JSON of a safetensors file")
    }
    var entries: [String: SafetensorsFile.Entry] = [:]
    var metadata: [String: String] = [:]
    for (name, value) in header {
      switch value {
      case .metadata(let pairs):
        guard name == "__metadata__" else { throw broken("no dtype for the tensor \(name)") }
        metadata = pairs
      case .tensor(let dtype, let shape, let offsets):
        guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1],
          offsets[1] <= file.count - dataStart
        else {
          throw broken(
            "\(name) at bytes \(offsets) of the \(file.count - dataStart) bytes of data")
        }
        var elements = 1
        for size in shape {
          let (product, overflow) = elements.multipliedReportingOverflow(by: size)
          guard size >= 0, !overflow else { throw broken("\(name) of shape \(shape)") }
          elements = product
        }
        if let type = StorageType(rawValue: dtype) {
          let (bytes, overflow) = elements.multipliedReportingOverflow(by: type.byteCount)
          guard !overflow, bytes == offsets[1] - offsets[0] else {
            throw broken(
              "\(name) of shape \(shape) and type \(dtype) in \(offsets[1] - offsets[0]) bytes")
          }
        }
        entries[name] = SafetensorsFile.Entry(
          dtype: dtype, shape: shape, range: dataStart + offsets[0]..<dataStart + offsets[1])
      }
    }
    return (entries, metadata)
  }

  private enum HeaderValue: Decodable {
    case tensor(dtype: String, shape: [Int], offsets: [Int])
    case metadata([String: String])

    enum CodingKeys: String, CodingKey {
      case dtype
      case shape
      case offsets = "data_offsets"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      if container.contains(.dtype), container.contains(.offsets) {
        self = .tensor(
          dtype: try container.decode(String.self, forKey: .dtype),
          shape: try container.decode([Int].self, forKey: .shape),
          offsets: try container.decode([Int].self, forKey: .offsets))
      } else {
        self = .metadata(try [String: String](from: decoder))
      }
    }
  }
}

/// The format's own bound on the header, in bytes.
private let longestHeader: UInt64 = 100_000_000
