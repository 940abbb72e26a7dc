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

  /// Where a tensor is read, and what it is called there: a head that the base does not have is its
  /// embedding.
  private func place(_ name: String) -> (source: any WeightSource, name: String) {
    guard FolderPart(tensor: name).map(restored.contains) == true else { return (own, name) }
    let isTied = name == FolderPart.headTensor && !base.contains(name)
    return (base, isTied ? FolderPart.embedding : name)
  }

  func contains(_ name: String) -> Bool {
    let place = place(name)
    return place.source.contains(place.name)
  }

  func shape(of name: String) throws(InputError) -> [Int] {
    let place = place(name)
    return try place.source.shape(of: place.name)
  }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    let place = place(name)
    return try place.source.matrix(place.name, rows: rows)
  }

  func vector(_ name: String) throws(InputError) -> [Float] {
    let place = place(name)
    return try place.source.vector(place.name)
  }
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

  fileprivate static let headTensor = "lm_head.weight"
  fileprivate static let embedding = "model.embed_tokens.weight"

  /// Whether two sources hold the same numbers under a name, a head that is missing being the embedding.
  private static func same(
    _ name: String, _ own: any WeightSource, _ base: any WeightSource
  ) throws(InputError) -> Bool {
    func stored(_ source: any WeightSource) -> String {
      name == headTensor && !source.contains(name) ? embedding : name
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
