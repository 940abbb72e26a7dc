import Codecs
import Foundation

/// What the models of a loader have no place for: families that it does not know, experts in codes.
struct LoaderFamilies {
  /// `model_type` of config.json.
  private let type: String?
  /// Whether config.json names code of the model's own, as families do that live on the Hub alone.
  private let hasOwnCode: Bool
  private let hasExperts: Bool

  /// Families that tenbin runs and neither transformers 5.24 nor GPTQModel 7.7 has in its list.
  private static let foreign: Set<String> = ["plamo3"]

  /// Reads config.json of `checkpoint`, whose quantized linears are `modules`.
  init(_ checkpoint: URL, modules: [String]) {
    let config = try? JSONValue(contentsOf: checkpoint.appendingPathComponent("config.json"))
    type = config?["model_type"]?.string
    hasOwnCode = config?["auto_map"].map { !$0.isNull } ?? false
    hasExperts = modules.contains { $0.contains(".experts.") }
  }

  /// Why transformers and GPTQModel, which takes its models from there, know nothing of the family.
  var refusals: [AuditSentence] {
    guard let type, Self.foreign.contains(type), !hasOwnCode else { return [] }
    return [
      .loaders(.unknownModel, type)
    ]
  }

  /// What to know where the model brings code of its own.
  var remarks: [AuditSentence] {
    guard let type, Self.foreign.contains(type), hasOwnCode else { return [] }
    return [
      .loaders(.ownCode, type)
    ]
  }

  /// Why transformers has no place for experts in codes.
  var experts: [AuditSentence] {
    guard hasExperts else { return [] }
    return [
      .loaders(.expertsInCodes)
    ]
  }
}
