import Basics
import Foundation

/// Parsing and checking of a file's header (format: huggingface/safetensors).
enum SafetensorsHeader {
  /// Bytes of an element of each type that the format has always had.
  private static let elementBytes = [
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2,
    "U16": 2, "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
  ]
  /// The format's own bound on the header, in bytes.
  private static let longestHeader: UInt64 = 100_000_000

  /// The entries and the metadata of `file`, which errors call `url`.
  static func parse(
    _ file: PositionedFile, _ url: URL
  ) throws(InputError) -> ([String: SafetensorsFile.Entry], [String: String]) {
    func broken(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read the safetensors file \(url.path)", found: found,
        hint: "the file is damaged or cut short: copy or download it again")
    }
    let head = try file.elements(
      UInt8.self, from: 0, count: min(file.count, ForeignContent.headLength))
    if let foreign = ForeignContent(head) {
      throw foreign.error(asked: "read the safetensors file \(url.path)")
    }
    guard file.count >= 8 else { throw broken("\(file.count) bytes, too few for a header") }
    let length = UInt64(littleEndian: try file.elements(UInt64.self, from: 0, count: 1)[0])
    guard length <= min(UInt64(file.count - 8), Self.longestHeader) else {
      throw broken("a header of \(length) bytes in a file of \(file.count)")
    }
    let dataStart = 8 + Int(length)
    let json = Data(try file.elements(UInt8.self, from: 8, count: Int(length)))
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
        let bytes = offsets[1] - offsets[0]
        // No known type has less than 4 bits an element; those of other sizes are passed through.
        let (size, overflow) = elements.multipliedReportingOverflow(by: elementBytes[dtype] ?? 1)
        guard !overflow, elementBytes[dtype] == nil ? size <= 2 * bytes : size == bytes else {
          throw broken("\(name) of shape \(shape) and type \(dtype) in \(bytes) bytes")
        }
        entries[name] = SafetensorsFile.Entry(
          dtype: dtype, shape: shape, range: dataStart + offsets[0]..<dataStart + offsets[1])
      }
    }
    let filled = entries.filter { !$0.value.range.isEmpty }
    let inOrder = filled.sorted { $0.value.range.lowerBound < $1.value.range.lowerBound }
    for (one, next) in zip(inOrder, inOrder.dropFirst())
    where one.value.range.upperBound > next.value.range.lowerBound {
      throw broken("the tensors \(one.key) and \(next.key) in the same bytes")
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
