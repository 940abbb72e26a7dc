import Basics
import Foundation
import Report
import Results
import Sweep

/// What a person says of a checkpoint that is to be published, held against what is proved of it.
struct CardSubject {
  let name: String?
  let baseModel: String?
  /// The licence; nil: the base's.
  let license: String?
  /// The languages; nil: the base's.
  let languages: [String]?
  /// The model to measure against, as it was given.
  let base: String?

  /// The subject of the card. Refuses what the Hub could not link, and another base than the one that
  /// tenbin.json records; nil where no files are at hand.
  func resolved(_ proof: CheckpointProof?) throws(InputError) -> ModelCard.Subject {
    let recorded = proof?.record?.making.flatMap { $0.modelRevision == nil ? nil : $0.model }
    let named = try baseModel.map { (text) throws(InputError) in
      try hubName(text, "--base-model", "meta-llama/Llama-3.1-8B")
    }
    if let named, let recorded, named != recorded {
      throw InputError(
        .usage, asked: "--base-model \(named)", found: "tenbin.json records \(recorded)",
        hint: "leave --base-model out")
    }
    for language in languages ?? [] {
      // ISO 639, as the Hub has it.
      guard language.wholeMatch(of: /[a-z]{2,3}/) != nil else {
        throw InputError(
          .usage, asked: "--languages \(language)",
          found: "no code of a language: two or three small letters",
          hint: "separate them by commas, such as --languages ja,en")
      }
    }
    let folder = proof?.reader.tensors.url.standardizedFileURL.lastPathComponent
    let published = try name.map { (text) throws(InputError) in
      text.contains("/") ? try hubName(text, "--name", "owner/MODEL-GPTQ-Int4") : text
    }
    let card = baseFolder.flatMap(BaseCard.init)
    return ModelCard.Subject(
      name: published ?? folder ?? "", baseModel: named ?? recorded ?? baseOnHub,
      license: license ?? card?.license ?? "", languages: languages ?? card?.languages ?? [])
  }

  private var baseFolder: URL? { base.flatMap { try? HubCache().model($0) } }

  /// The name of a base in the Hub's cache.
  private var baseOnHub: String? { baseFolder.flatMap { HubSnapshot($0)?.repository } }

  /// A name that hubs link by: owner/name.
  private func hubName(
    _ text: String, _ option: String, _ example: String
  ) throws(InputError) -> String {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let isName =
      parts.count == 2
      && parts.allSatisfy { part in
        !part.isEmpty
          && part.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
              || "-._".unicodeScalars.contains($0)
          }
      }
    guard isName else {
      throw InputError(
        .usage, asked: "\(option) \(text)", found: "no name of a model on the hub",
        hint: "write owner/name, such as \(option) \(example); or leave it out")
    }
    return text
  }
}
