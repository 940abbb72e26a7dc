import Basics
import Codecs
import Foundation
import Tokenizers

extension CalibrationSet {
  /// What a build has to say beside its set.
  public struct BuildNotes: Sendable {
    /// Sentences about files that were cut short and the like.
    public var warnings: [String] = []
    /// The rows that were dropped, each with its reason.
    public var badRows: [InputError] = []
  }

  /// Builds a set.
  ///
  /// - Parameters:
  ///   - use: who asks for it, which decides what hints may name.
  ///   - progress: gets how many documents have been taken.
  public static func build(
    _ recipe: CalibrationRecipe, for use: SourceUse = .build, progress: ((Int) -> Void)? = nil
  ) throws(InputError) -> (set: CalibrationSet, notes: BuildNotes) {
    try recipe.validate()
    let tokenizer = try Tokenizer(directory: recipe.tokenizerFolder)
    var assembler = SampleAssembler(
      recipe.layout, length: recipe.maxSeqLength, seed: recipe.seed)
    var documents = [DocumentRecord]()
    var corpus = try CorpusReader(recipe, for: use)
    var tooShort = 0
    try corpus.read { candidate throws(InputError) in
      let text = candidate.document.text
      // A rendered conversation brings its special tokens along.
      let tokens = tokenizer.encode(text, addSpecialTokens: !recipe.chatTemplate)
      guard assembler.append(tokens, document: documents.count) else {
        tooShort += 1
        return
      }
      documents.append(
        DocumentRecord(
          source: candidate.source, row: candidate.document.row, pageID: candidate.document.id,
          title: candidate.document.title, sha256: candidate.sha256,
          characters: text.unicodeScalars.count, tokens: tokens.count, flags: candidate.flags))
      progress?(documents.count)
    }
    corpus.counts.tooShort = tooShort
    let samples = assembler.finish().map { window in
      CalibrationSample(
        tokenIDs: window.tokens, text: tokenizer.decode(window.tokens), spans: window.spans)
    }
    guard !samples.isEmpty else {
      throw InputError(
        .badData, asked: "build a calibration set from \(recipe.sources.joined(separator: ", "))",
        found: ([recipe.emptyReason(corpus.counts)] + corpus.notes.warnings)
          .joined(separator: "; "),
        hint: corpus.counts.emptyHint(for: use))
    }
    var notes = corpus.notes
    if use == .build, documents.count < recipe.take.count {
      notes.warnings.append(
        "only \(documents.count) documents for --take \(recipe.take.text): all were used")
    }
    if use == .build, let limit = recipe.modelNumber("max_position_embeddings") {
      let long = samples.count { $0.tokenIDs.count > limit }
      if long > 0 {
        notes.warnings.append(
          "\(long) samples are longer than the model's max_position_embeddings of \(limit)")
      }
    }
    if use == .build, let limit = recipe.modelNumber("vocab_size") {
      let beyond = samples.lazy.flatMap(\.tokenIDs).filter { Int($0) >= limit }
      if let first = beyond.first {
        notes.warnings.append(
          "\(beyond.count) tokens have no embedding in the model, whose vocab_size is \(limit), such as"
            + " \(first)\(tokenizer.content(of: first).map { ", \"\($0)\"" } ?? "")")
      }
    }
    let set = CalibrationSet(
      recipe: recipe, toolVersion: ToolVersion.current, tokenizerHash: tokenizer.fileHash,
      vocabularySize: tokenizer.vocabularySize,
      counts: corpus.counts, sources: corpus.sources, documents: documents, samples: samples)
    return (set, notes)
  }
}

extension CalibrationRecipe {
  /// Refuses settings that cannot be.
  func validate() throws(InputError) {
    if let length = maxSeqLength, length < 1 {
      throw InputError(
        .usage, asked: "samples of \(length) tokens", found: "allowed is 1 or more",
        hint: "leave --max-seq-length out for 2048")
    }
    guard mix.isEmpty || mix.count == sources.count && mix.allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw InputError(
        .usage, asked: "mix \(sources.count) sources by \(mix)",
        found: "needed is one share above 0 for each source",
        hint: "for example --source a.jsonl b.jsonl --mix 0.7,0.3")
    }
  }

  /// A document's text, cleaned and normalised as the recipe says.
  func prepare(_ text: String, from format: SourceFormat) -> String {
    let cleaning = clean ?? (format == .mediaWiki ? .wiki : .none)
    let cleaned = cleaning == .wiki ? WikitextCleaner.clean(text) : text
    return normalize.normalize(cleaned)
  }

  /// Why a build came to nothing.
  func emptyReason(_ counts: BuildCounts) -> String {
    let lost = [
      (counts.empty, "empty"), (counts.contaminated, "contaminated"),
      (counts.filtered, "filtered out"), (counts.duplicates, "duplicates"),
      (counts.tooShort, "shorter than the window"), (counts.bad, "unreadable"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return "no document with any text"
      + (lost.isEmpty ? "" : "; of \(counts.read) rows \(lost.joined(separator: ", "))")
  }

  /// The number `key` in the config.json of the model whose tokenizer is used, if it is there.
  func modelNumber(_ key: String) -> Int? {
    let url = tokenizerFolder.appendingPathComponent("config.json")
    return (try? JSONValue(contentsOf: url))?[key]?.integer
  }
}

extension BuildCounts {
  /// What to do about a build that came to nothing, by what took its rows.
  fileprivate func emptyHint(for use: SourceUse) -> String {
    guard use == .build else { return "name a file that holds text" }
    if tooShort > 0 { return "give a shorter --max-seq-length, or another --layout than window" }
    if filtered > 0 { return "leave --drop out, and rows that fail a filter are only marked" }
    if contaminated > 0 { return "name other texts than those of the --exclude files" }
    if bad > 0 { return "leave --skip-bad out, and the first bad row is named" }
    return "name a file that holds text"
  }
}
