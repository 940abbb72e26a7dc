import Basics
import Tensor

/// What a checkpoint will hold, in the order in which it is written, and in which shard each goes.
public struct CheckpointPlan: Sendable {
  /// One thing to write.
  public enum Item: Sendable, Hashable {
    /// A quantized linear: `name.qweight`, `.qzeros`, `.scales`, `.g_idx`. `name` is the module's,
    /// such as `model.layers.0.mlp.up_proj`.
    case linear(name: String, outFeatures: Int, inFeatures: Int, QuantizeConfig)
    /// A tensor that goes through as it is.
    case tensor(SafetensorsWriter.Entry)
  }

  /// Everything, in order.
  public let items: [Item]
  /// The items of each shard, as ranges of `items`.
  public let shards: [Range<Int>]

  /// Fills shards up to `shardSize` bytes of tensors; an item larger than that has one of its own.
  public init(_ items: [Item], shardSize: Int = 4_000_000_000) {
    self.items = items
    var shards: [Range<Int>] = []
    var start = 0
    var size = 0
    for (index, item) in items.enumerated() {
      let bytes = item.entries.reduce(0) { $0 + $1.byteCount }
      if size > 0, size + bytes > shardSize {
        shards.append(start..<index)
        (start, size) = (index, 0)
      }
      size += bytes
    }
    shards.append(start..<items.count)
    self.shards = shards
  }

  /// Bytes of all tensors.
  public var totalSize: Int {
    items.reduce(0) { $0 + $1.entries.reduce(0) { $0 + $1.byteCount } }
  }

  /// A hash of all names, types and shapes, and of the shards.
  var digest: String {
    var text = ""
    for shard in shards {
      text += "\(shard.count)\n"
      for entry in items[shard].flatMap(\.entries) {
        text += "\(entry.name) \(entry.dtype) \(entry.shape)\n"
      }
    }
    return SHA256.hexDigest(of: text.utf8)
  }

  /// The file of each shard.
  var fileNames: [String] {
    if shards.count == 1 { return ["model.safetensors"] }
    return shards.indices.map {
      "model-\(padded($0 + 1))-of-\(padded(shards.count)).safetensors"
    }
  }

  /// The tensors of one shard.
  func entries(ofShard shard: Int) -> [SafetensorsWriter.Entry] {
    items[shards[shard]].flatMap(\.entries)
  }

  private func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}

extension CheckpointPlan.Item {
  /// The tensors that this item becomes.
  var entries: [SafetensorsWriter.Entry] {
    switch self {
    case .tensor(let entry): return [entry]
    case .linear(let name, let out, let features, let config):
      let groups = config.groupCount(inFeatures: features)
      return [
        .init(name: name + ".qweight", type: .i32, shape: [features * config.bits / 32, out]),
        .init(name: name + ".qzeros", type: .i32, shape: [groups, out * config.bits / 32]),
        .init(
          name: name + ".scales", type: config.scalesDtype.storageType, shape: [groups, out]),
        .init(name: name + ".g_idx", type: .i32, shape: [features]),
      ]
    }
  }
}
