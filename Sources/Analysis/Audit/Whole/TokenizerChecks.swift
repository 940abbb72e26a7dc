import Basics
import Foundation
import Model
import Tokenizers

/// tokenizer.json, generation_config.json and the chat template: beside the base's, and against the
/// embedding's rows.
struct TokenizerChecks {
  let checkpoint: URL
  let base: URL?
  /// Rows of the embedding table, where the config says.
  let vocabularySize: Int?

  private(set) var findings: [AuditFinding] = []
  private(set) var coverage: [AuditCoverage.Item] = []

  init(_ checkpoint: URL, base: URL?, vocabularySize: Int?) {
    self.checkpoint = checkpoint
    self.base = base
    self.vocabularySize = vocabularySize
  }

  /// Looks at all of them.
  mutating func run() {
    examineTokenizer()
    examineGeneration()
    examineConfig()
    examineSpecialTokens()
    examineTemplate()
  }

  private func data(_ name: String, in folder: URL?) -> Data? {
    folder.flatMap { try? Data(contentsOf: $0.appendingPathComponent(name)) }
  }

  private static let swapped: AuditSentence =
    .tokenizer(.otherTokensCost)

  private mutating func examineTokenizer() {
    let name = "tokenizer.json"
    guard let own = data(name, in: checkpoint) else {
      examineAbsence()
      for other in ["tokenizer.model", "vocab.json"]
      where data(other, in: checkpoint) != nil {
        coverage.append(.init(other, .notLooked, .tokenizer(.readsOtherFile)))
      }
      return
    }
    let theirs = data(name, in: base)
    if own == theirs {
      coverage.append(.init(name, .compared, .shared(.equal)))
      return
    }
    guard let vocabulary = VocabularyFile(checkpoint) else {
      coverage.append(.init(name, .notLooked, .tokenizer(.noVocabulary)))
      findings.append(
        AuditFinding(
          .tokenizer, .defective, evidence: .tokenizer(.holdsNoVocabulary, name),
          cost: .tokenizer(.holdsNoVocabularyCost), remedy: .tokenizer(.copyIt)))
      return
    }
    if let vocabularySize, vocabulary.greatest >= vocabularySize {
      findings.append(
        AuditFinding(
          .tokenizer, .defective,
          evidence: .tokenizer(.idsBeyondEmbedding, name, vocabulary.greatest, vocabularySize),
          cost: .tokenizer(.idsBeyondEmbeddingCost),
          remedy: .tokenizer(.copyTokenizer)))
    }
    if let other = base.flatMap({ VocabularyFile($0) }) {
      compare(vocabulary, other)
    } else {
      examineOrder(vocabulary)
      coverage.append(.init(name, .alone, .tokenizer(.idsAlone)))
    }
  }

  /// A folder in which there is no tokenizer of any kind, though the base has one.
  private mutating func examineAbsence() {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: checkpoint.path)) ?? []
    guard data("tokenizer.json", in: base) != nil,
      !files.contains(where: {
        $0.hasSuffix(".model") || $0.hasPrefix("vocab") || $0 == "tekken.json"
      })
    else { return }
    coverage.append(.init("tokenizer.json", .notLooked, .shared(.missing)))
    findings.append(
      AuditFinding(
        .tokenizer, .suspect, evidence: .tokenizer(.absent),
        cost: .tokenizer(.absentCost),
        remedy: .tokenizer(.copyTokenizerFiles)))
  }

  private mutating func compare(_ own: VocabularyFile, _ base: VocabularyFile) {
    let name = "tokenizer.json"
    let all = own.ids.merging(own.added) { $1 }
    let theirs = base.ids.merging(base.added) { $1 }
    let other = theirs.filter { all[$0.key] != $0.value }
    let probes = differingProbes()
    coverage.append(
      .init(
        name, .compared,
        other.isEmpty && probes.isEmpty
          ? .tokenizer(.sameIds)
          : .tokenizer(.idsDiffer, other.count, theirs.count)))
    guard !other.isEmpty || !probes.isEmpty else { return }
    let example: AuditSentence =
      other.min { $0.key < $1.key }.map { token in
        .tokenizer(
          .otherIdsExample, token.key, all[token.key].map(String.init) ?? "missing", token.value)
      } ?? .empty
    let languages = probes.joined(separator: ", ")
    let cut: AuditSentence = probes.isEmpty ? .empty : .tokenizer(.otherCuts, languages)
    // Added tokens that are missing matter to those alone who use them.
    let isSlight = probes.isEmpty && other.keys.allSatisfy { base.added[$0] != nil }
    findings.append(
      AuditFinding(
        .tokenizer, isSlight ? .suspect : .defective,
        evidence: .tokenizer(.otherIds, other.count, theirs.count, example, cut),
        cost: isSlight ? .tokenizer(.otherIdsSlightCost) : Self.swapped,
        remedy: .tokenizer(.copyTokenizerFiles)))
  }

  /// The languages in which both tokenizers cut plain text into different ids.
  private func differingProbes() -> [String] {
    guard let base, let mine = try? Tokenizer(directory: checkpoint),
      let theirs = try? Tokenizer(directory: base)
    else { return [] }
    return ProbeText.all.filter { mine.encode($0.text) != theirs.encode($0.text) }.map(\.language)
  }

  private mutating func examineOrder(_ vocabulary: VocabularyFile) {
    guard let order = vocabulary.order, order < 0.3 else { return }
    findings.append(
      AuditFinding(
        .tokenizer, .suspect,
        evidence:
          .tokenizer(.unorderedIds, String(format: "%.2f", order)),
        cost: Self.swapped, remedy: .tokenizer(.unorderedIdsRemedy)))
  }

  private mutating func examineGeneration() {
    let name = "generation_config.json"
    guard let own = object(name, in: checkpoint) else { return }
    let theirs = object(name, in: base) ?? object("config.json", in: base)
    var problems: [AuditSentence] = []
    for key in ["eos_token_id", "bos_token_id", "pad_token_id"] {
      let ids = Self.ids(own[key])
      if let vocabularySize, let far = ids.first(where: { $0 >= vocabularySize || $0 < 0 }) {
        problems.append(.tokenizer(.idBeyondEmbedding, key, far, vocabularySize))
      } else if let theirs, key == "eos_token_id", !ids.isEmpty, !Self.ids(theirs[key]).isEmpty,
        Set(ids) != Set(Self.ids(theirs[key]))
      {
        problems.append(.shared(.otherThanBase, key, ids, Self.ids(theirs[key])))
      }
    }
    coverage.append(
      .init(
        name, theirs == nil ? .alone : .compared,
        problems.isEmpty ? .tokenizer(.idsFit) : AuditSentence(problems)))
    reportIds(problems, of: name)
  }

  /// The ids of config.json, which loaders take where generation_config.json has none.
  private mutating func examineConfig() {
    let name = "config.json"
    guard let own = object(name, in: checkpoint) else { return }
    let theirs = object(name, in: base)
    var problems: [AuditSentence] = []
    for key in ["eos_token_id", "bos_token_id"] {
      let (ids, others) = (Self.ids(own[key]), Self.ids(theirs?[key]))
      if let vocabularySize, let far = ids.first(where: { $0 >= vocabularySize }) {
        problems.append(.tokenizer(.idBeyondEmbedding, key, far, vocabularySize))
      } else if !ids.isEmpty, !others.isEmpty, Set(ids) != Set(others) {
        problems.append(.shared(.otherThanBase, key, ids, others))
      }
    }
    reportIds(problems, of: name)
  }

  private mutating func reportIds(_ problems: [AuditSentence], of name: String) {
    guard !problems.isEmpty else { return }
    findings.append(
      AuditFinding(
        .generationConfig, .suspect, evidence: .shared(.named, name, AuditSentence(problems)),
        cost: .tokenizer(.generationCost),
        remedy: .tokenizer(.copyNamed, name)))
  }

  /// What tokenizer_config.json says of the tokens that begin and end a text.
  private mutating func examineSpecialTokens() {
    let name = "tokenizer_config.json"
    guard let own = object(name, in: checkpoint), let theirs = object(name, in: base) else {
      return
    }
    var problems: [AuditSentence] = []
    for key in ["bos_token", "eos_token"] {
      guard let mine = Self.token(own[key]), let other = Self.token(theirs[key]), mine != other
      else { continue }
      problems.append(.shared(.otherThanBase, key, mine, other))
    }
    for key in ["add_bos_token", "add_eos_token"] {
      guard let mine = own[key] as? Bool, let other = theirs[key] as? Bool, mine != other else {
        continue
      }
      problems.append(.shared(.otherThanBase, key, mine, other))
    }
    coverage.append(
      .init(name, .compared, problems.isEmpty ? .tokenizer(.tokensFit) : AuditSentence(problems)))
    reportIds(problems, of: name)
    guard let mine = own["chat_template"] as? String,
      let other = theirs["chat_template"] as? String,
      mine != other
    else { return }
    reportTemplate("\(name):chat_template")
  }

  private mutating func reportTemplate(_ name: String) {
    findings.append(
      AuditFinding(
        .tokenizer, .note, evidence: .tokenizer(.notBase, name),
        cost: .tokenizer(.otherTemplateCost), remedy: .tokenizer(.otherTemplateRemedy)))
  }

  /// A token as it stands, or with its properties.
  private static func token(_ value: Any?) -> String? {
    value as? String ?? (value as? [String: Any])?["content"] as? String
  }

  private mutating func examineTemplate() {
    let name = "chat_template.jinja"
    guard let own = data(name, in: checkpoint) else { return }
    guard let theirs = data(name, in: base) else {
      coverage.append(.init(name, .alone, .tokenizer(.bytes, own.count)))
      return
    }
    coverage.append(.init(name, .compared, own == theirs ? .shared(.equal) : .tokenizer(.differs)))
    if own != theirs { reportTemplate(name) }
  }

  private func object(_ name: String, in folder: URL?) -> [String: Any]? {
    data(name, in: folder).flatMap {
      (try? JSONSerialization.jsonObject(with: $0)) as? [String: Any]
    }
  }

  /// An id, or a list of them.
  private static func ids(_ value: Any?) -> [Int] {
    if let list = value as? [Any] { return list.compactMap { ($0 as? NSNumber)?.intValue } }
    return (value as? NSNumber).map { [$0.intValue] } ?? []
  }
}
