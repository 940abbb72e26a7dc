import Foundation
import TestSupport
import Testing

/// A copy of the demo model whose linears in decoder layers have lost the lowest bits of their numbers.
enum CutModel {
  /// Writes it to a folder in `folder`; `mask` is what stays of the lower byte of each BF16 number.
  static func write(to folder: URL, mask: UInt8) throws -> URL {
    let model = folder.appendingPathComponent("cut")
    try FileManager.default.copyItem(at: Repository.demoModel, to: model)
    let url = model.appendingPathComponent("model.safetensors")
    var data = try Data(contentsOf: url)
    let size = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONSerialization.jsonObject(with: data[8..<8 + size]) as? [String: Any]
    for (name, value) in try #require(header) where name.hasSuffix("_proj.weight") {
      let entry = try #require(value as? [String: Any])
      let offsets = try #require(entry["data_offsets"] as? [Int])
      #expect(entry["dtype"] as? String == "BF16")
      for place in stride(from: 8 + size + offsets[0], to: 8 + size + offsets[1], by: 2) {
        data[place] &= mask
      }
    }
    try data.write(to: url)
    return model
  }
}
