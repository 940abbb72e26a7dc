import Basics
import Foundation
import GPTQ
import Model
import Tensor

/// What a checkpoint holds beside its linears, by what it does: the steps on the way from the checkpoint
/// as it is to its linears in the base.
enum FolderPart: String, CaseIterable, Sendable {
  /// config.json's keys that change the function.
  case config
  /// The ids that tokenizer.json cuts text into.
  case tokenizer
  /// The embedding, and the head where it is tied to it.
  case embeddings
  /// The norm weights.
  case norms
  /// Biases of linears, and attention sinks.
  case biases
  /// A head of its own.
  case head

  /// The cause that such a difference is.
  var cause: CauseKind {
    switch self {
    case .config: .config
    case .tokenizer: .tokenizer
    case .embeddings: .embeddings
    case .norms: .norms
    case .biases: .biases
    case .head: .head
    }
  }

  /// The part that a tensor is of; nil for linears and routers.
  init?(tensor name: String) {
    switch name {
    case "model.embed_tokens.weight": self = .embeddings
    case _ where name.hasPrefix("lm_head."): self = .head
    case _ where name.hasSuffix(".bias") || name.hasSuffix(".sinks"): self = .biases
    case _ where name.contains("norm"): self = .norms
    default: return nil
    }
  }
}

/// A checkpoint's tensors, some parts of which are the base's again.
struct PartlyBase: WeightSource {
  let own: any WeightSource
  let base: any WeightSource
  /// The parts that are the base's.
  let restored: Set<FolderPart>

  private func source(_ name: String) -> any WeightSource {
    FolderPart(tensor: name).map(restored.contains) == true ? base : own
  }

  func contains(_ name: String) -> Bool { source(name).contains(name) }

  func shape(of name: String) throws(InputError) -> [Int] { try source(name).shape(of: name) }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    try source(name).matrix(name, rows: rows)
  }

  func vector(_ name: String) throws(InputError) -> [Float] { try source(name).vector(name) }
}

extension FolderPart {
  /// The parts, tokenizer left out, in which `own` is not `base`.
  static func differing(_ own: Decoder, _ base: Decoder) throws(InputError) -> Set<FolderPart> {
    var parts: Set<FolderPart> = []
    if own.config.description != base.config.description { parts.insert(.config) }
    let names = Set(base.config.tensorNames).union(own.config.tensorNames).sorted()
    for name in names {
      guard let part = FolderPart(tensor: name), !parts.contains(part) else { continue }
      if try !same(name, own.source, base.source) { parts.insert(part) }
    }
    let head = Self.headTensor
    if own.source.contains(head) || base.source.contains(head),
      try !same(head, own.source, base.source)
    {
      parts.insert(.head)
    }
    return parts
  }

  private static let headTensor = "lm_head.weight"

  /// Whether two sources hold the same numbers under a name, a head that is missing being the embedding.
  private static func same(
    _ name: String, _ own: any WeightSource, _ base: any WeightSource
  ) throws(InputError) -> Bool {
    func stored(_ source: any WeightSource) -> String {
      name == headTensor && !source.contains(name) ? "model.embed_tokens.weight" : name
    }
    let (mine, theirs) = (stored(own), stored(base))
    guard own.contains(mine), base.contains(theirs) else {
      return own.contains(mine) == base.contains(theirs)
    }
    let shape = try own.shape(of: mine)
    guard try base.shape(of: theirs) == shape else { return false }
    guard shape.count == 2 else { return try own.vector(mine) == base.vector(theirs) }
    for start in stride(from: 0, to: shape[0], by: 4096) {
      let rows = start..<min(shape[0], start + 4096)
      if try own.matrix(mine, rows: rows).elements != base.matrix(theirs, rows: rows).elements {
        return false
      }
    }
    return true
  }
}
