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
    "every text is cut into other tokens than the model was trained on: garbage"

  private mutating func examineTokenizer() {
    let name = "tokenizer.json"
    guard let own = data(name, in: checkpoint) else {
      examineAbsence()
      for other in ["tokenizer.model", "vocab.json"]
      where data(other, in: checkpoint) != nil {
        coverage.append(.init(other, .notLooked, "tenbin reads tokenizer.json"))
      }
      return
    }
    let theirs = data(name, in: base)
    if own == theirs {
      coverage.append(.init(name, .compared, "equal"))
      return
    }
    guard let vocabulary = VocabularyFile(checkpoint) else {
      coverage.append(.init(name, .notLooked, "no vocabulary that could be read"))
      findings.append(
        AuditFinding(
          .tokenizer, .defective, evidence: "\(name) holds no vocabulary that could be read",
          cost: "no loader can cut text into tokens", remedy: "copy it from the base"))
      return
    }
    if let vocabularySize, vocabulary.greatest >= vocabularySize {
      findings.append(
        AuditFinding(
          .tokenizer, .defective,
          evidence: """
            \(name) has ids up to \(vocabulary.greatest), and the embedding \(vocabularySize) \
            rows
            """, cost: "texts with these tokens cannot be embedded",
          remedy: "copy the tokenizer from the base"))
    }
    if let other = base.flatMap({ VocabularyFile($0) }) {
      compare(vocabulary, other)
    } else {
      examineOrder(vocabulary)
      coverage.append(.init(name, .alone, "ids against the embedding's rows and their own order"))
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
    coverage.append(.init("tokenizer.json", .notLooked, "missing"))
    findings.append(
      AuditFinding(
        .tokenizer, .suspect, evidence: "there is no tokenizer, and the base has tokenizer.json",
        cost: "loaders cannot cut text into tokens, or take another model's tokenizer",
        remedy: "copy tokenizer.json and tokenizer_config.json from the base"))
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
          ? "the same ids, though not the same bytes"
          : "\(other.count) of \(theirs.count) tokens have other ids"))
    guard !other.isEmpty || !probes.isEmpty else { return }
    let example: AuditSentence =
      other.min { $0.key < $1.key }.map { token in
        """
        , such as \"\(token.key)\": \(all[token.key].map(String.init) ?? "missing"), the \
        base's \(token.value)
        """
      } ?? ""
    let languages = probes.joined(separator: ", ")
    let cut: AuditSentence = probes.isEmpty ? "" : "; plain text in \(languages) is cut otherwise"
    // Added tokens that are missing matter to those alone who use them.
    let isSlight = probes.isEmpty && other.keys.allSatisfy { base.added[$0] != nil }
    findings.append(
      AuditFinding(
        .tokenizer, isSlight ? .suspect : .defective,
        evidence: """
          \(other.count) of \(theirs.count) tokens have other ids than the base's\(example)\(cut)
          """,
        cost: isSlight ? "prompts with these tokens are read otherwise" : Self.swapped,
        remedy: "copy tokenizer.json and tokenizer_config.json from the base"))
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
          """
          the ids of tokenizer.json do not follow the order in which its tokens were learnt \
          (correlation \(String(format: "%.2f", order)), where trainers give nearly 1)
          """,
        cost: Self.swapped, remedy: "give --base to compare, or copy the tokenizer from the base"))
  }

  private mutating func examineGeneration() {
    let name = "generation_config.json"
    guard let own = object(name, in: checkpoint) else { return }
    let theirs = object(name, in: base) ?? object("config.json", in: base)
    var problems: [AuditSentence] = []
    for key in ["eos_token_id", "bos_token_id", "pad_token_id"] {
      let ids = Self.ids(own[key])
      if let vocabularySize, let far = ids.first(where: { $0 >= vocabularySize || $0 < 0 }) {
        problems.append("\(key) \(far), where the embedding has \(vocabularySize) rows")
      } else if let theirs, key == "eos_token_id", !ids.isEmpty, !Self.ids(theirs[key]).isEmpty,
        Set(ids) != Set(Self.ids(theirs[key]))
      {
        problems.append("\(key) \(ids), the base's \(Self.ids(theirs[key]))")
      }
    }
    coverage.append(
      .init(
        name, theirs == nil ? .alone : .compared,
        problems.isEmpty ? "ids fit" : AuditSentence(problems)))
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
        problems.append("\(key) \(far), where the embedding has \(vocabularySize) rows")
      } else if !ids.isEmpty, !others.isEmpty, Set(ids) != Set(others) {
        problems.append("\(key) \(ids), the base's \(others)")
      }
    }
    reportIds(problems, of: name)
  }

  private mutating func reportIds(_ problems: [AuditSentence], of name: String) {
    guard !problems.isEmpty else { return }
    findings.append(
      AuditFinding(
        .generationConfig, .suspect, evidence: "\(name): \(problems)",
        cost: "generation does not end where the model ends, or begins with another token",
        remedy: "copy \(name) from the base"))
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
      problems.append("\(key) \(mine), the base's \(other)")
    }
    for key in ["add_bos_token", "add_eos_token"] {
      guard let mine = own[key] as? Bool, let other = theirs[key] as? Bool, mine != other else {
        continue
      }
      problems.append("\(key) \(mine), the base's \(other)")
    }
    coverage.append(
      .init(name, .compared, problems.isEmpty ? "tokens fit" : AuditSentence(problems)))
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
        .tokenizer, .note, evidence: "\(name) is not the base's",
        cost: "chats are put to the model in another form", remedy: "nothing, if that is meant"))
  }

  /// A token as it stands, or with its properties.
  private static func token(_ value: Any?) -> String? {
    value as? String ?? (value as? [String: Any])?["content"] as? String
  }

  private mutating func examineTemplate() {
    let name = "chat_template.jinja"
    guard let own = data(name, in: checkpoint) else { return }
    guard let theirs = data(name, in: base) else {
      coverage.append(.init(name, .alone, "\(own.count) bytes"))
      return
    }
    coverage.append(.init(name, .compared, own == theirs ? "equal" : "differs"))
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
