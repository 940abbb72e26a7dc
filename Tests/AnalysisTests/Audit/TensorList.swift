import Foundation
import Tensor

/// The tensors of a safetensors file in memory, to change and to write again.
struct TensorList {
  /// One tensor, as it is stored.
  struct Item {
    var type: String
    var shape: [Int]
    var bytes: [UInt8]
  }

  /// By name.
  var items: [String: Item] = [:]

  init() {}

  init(_ url: URL) throws {
    let file = try SafetensorsFile(url)
    for (name, entry) in file.entries {
      items[name] = Item(type: entry.dtype, shape: entry.shape, bytes: try file.bytes(name))
    }
  }

  func write(to url: URL) throws {
    let sorted = items.sorted { $0.key < $1.key }
    var writer = try SafetensorsWriter(
      url,
      entries: sorted.map {
        .init(
          name: $0.key, dtype: $0.value.type, shape: $0.value.shape, byteCount: $0.value.bytes.count
        )
      }, metadata: ["format": "pt"])
    for item in sorted { try writer.append(item.value.bytes) }
    try writer.finish()
  }

  /// Values of a bfloat16 tensor, changed by `change`.
  mutating func edit(_ name: String, _ change: (inout [Float]) -> Void) {
    guard let item = items[name] else { return }
    var values = stride(from: 0, to: item.bytes.count, by: 2).map {
      Float(bfloat16Bits: UInt16(item.bytes[$0]) | UInt16(item.bytes[$0 + 1]) << 8)
    }
    change(&values)
    items[name]?.bytes = FloatFormat.bf16.encode(values)
  }

  /// Exchanges two tensors and their parts.
  mutating func exchange(_ a: String, _ b: String) {
    for name in items.keys.filter({ $0 == a || $0.hasPrefix(a + ".") }) {
      let other = b + name.dropFirst(a.count)
      (items[name], items[other]) = (items[other], items[name])
    }
  }

  /// Puts the columns of a matrix into another order: the new column i is the old `order[i]`.
  mutating func reorderColumns(_ name: String, _ order: [Int]) {
    guard let item = items[name], let columns = item.shape.last, columns == order.count else {
      return
    }
    let rows = item.shape.dropLast().reduce(1, *)
    let width = item.bytes.count / (rows * columns)
    items[name]?.bytes = (0..<rows).flatMap { row in
      order.flatMap { column in
        let start = (row * columns + column) * width
        return item.bytes[start..<start + width]
      }
    }
  }

  /// Words of a packed tensor, changed by `change`.
  mutating func editWords(_ name: String, _ change: (inout [UInt32], _ columns: Int) -> Void) {
    guard let item = items[name] else { return }
    var words = stride(from: 0, to: item.bytes.count, by: 4).map { place in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(item.bytes[place + $1]) << UInt32(8 * $1) }
    }
    change(&words, item.shape.last ?? 1)
    items[name]?.bytes = words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } }
  }
}
