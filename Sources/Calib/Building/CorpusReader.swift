import Basics
import Foundation
import Tokenizers

/// Reads the sources of a recipe and hands on the documents that it wants, cleaned, judged,
/// without duplicates, in the order of the files.
struct CorpusReader {
  private(set) var sources: [SourceRecord] = []
  private(set) var notes = CalibrationSet.BuildNotes()
  var counts = BuildCounts()

  private let recipe: CalibrationRecipe
  private let contamination: ContaminationFilter
  private var deduplicator: Deduplicator
  private let chatTemplate: ChatTemplate?
  private let use: SourceUse

  init(_ recipe: CalibrationRecipe, for use: SourceUse) throws(InputError) {
    self.recipe = recipe
    self.use = use
    contamination = try ContaminationFilter(recipe.exclude)
    deduplicator = Deduplicator(recipe.dedup)
    chatTemplate =
      recipe.chatTemplate ? try ChatTemplate(directory: recipe.tokenizerFolder) : nil
    if let note = recipe.dedup.note { notes.warnings.append(note) }
  }

  /// Calls `take` with every document of the set.
  mutating func read(_ take: (Candidate) throws(InputError) -> Void) throws(InputError) {
    guard !recipe.mix.isEmpty else {
      var sampler = DocumentSampler(recipe.take, seed: recipe.seed)
      for index in recipe.sources.indices { try read(index, &sampler, take) }
      return try finish(sampler, take)
    }
    let quotas = DocumentSampler.quotas(recipe.mix, total: recipe.take.count)
    for (index, quota) in quotas.enumerated() {
      var sampler = DocumentSampler(
        recipe.take.withCount(quota), seed: recipe.seed &+ index &* 0x9E37)
      var taken = 0
      let counted = { (candidate: Candidate) throws(InputError) in
        taken += 1
        try take(candidate)
      }
      try read(index, &sampler, counted)
      try finish(sampler, counted)
      guard taken == quota else {
        throw InputError(
          .badData, asked: "take \(quota) documents from \(recipe.sources[index])",
          found: "only \(taken) that pass",
          hint: "ask for fewer with --take, or give other shares with --mix")
      }
    }
  }

  private mutating func finish(
    _ sampler: consuming DocumentSampler, _ take: (Candidate) throws(InputError) -> Void
  ) throws(InputError) {
    // Drawn documents are compared with each other; a stream is compared as it goes.
    try sampler.finish { candidate throws(InputError) in
      if isDuplicate(candidate) { return }
      try take(candidate)
    }
  }

  private mutating func isDuplicate(_ candidate: Candidate) -> Bool {
    let isDuplicate = deduplicator.isDuplicate(candidate.document.text, sha256: candidate.sha256)
    if isDuplicate { counts.duplicates += 1 }
    return isDuplicate
  }

  private mutating func read(
    _ index: Int, _ sampler: inout DocumentSampler, _ take: (Candidate) throws(InputError) -> Void
  ) throws(InputError) {
    let name = recipe.sources[index]
    var source = try SourceFile(name, textField: recipe.textField)
    source.chatTemplate = chatTemplate
    source.use = use
    let badBefore = counts.bad
    let reading = try source.read(
      onBadRow: { error throws(InputError) in
        guard recipe.skipBad else { throw error }
        notes.badRows.append(error)
        counts.bad += 1
      },
      { document throws(InputError) in
        if sampler.isFull { return false }
        guard let candidate = judge(document, index, source.format) else { return true }
        if case .first = recipe.take, isDuplicate(candidate) { return true }
        try sampler.offer(candidate, take)
        return !sampler.isFull
      })
    notes.warnings += reading.warnings
    sources.append(
      SourceRecord(
        name: name, sha256: reading.sha256, bytesRead: reading.byteCount, isWhole: reading.isWhole,
        badRows: counts.bad - badBefore))
  }

  /// The document as a candidate; nil where something speaks against it.
  private mutating func judge(_ document: Document, _ source: Int, _ format: SourceFormat)
    -> Candidate?
  {
    counts.read += 1
    var document = document
    document.text = recipe.prepare(document.text, from: format)
    if document.text.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
      counts.empty += 1
      return nil
    }
    if contamination.isContaminated(document.text) {
      counts.contaminated += 1
      return nil
    }
    let flags = recipe.filters?.failures(document.text) ?? []
    if recipe.filters != nil { counts.judged += 1 }
    for rule in flags { counts.failures[rule, default: 0] += 1 }
    if recipe.dropFiltered, !flags.isEmpty {
      counts.filtered += 1
      return nil
    }
    return Candidate(
      source: source, document: document, sha256: SHA256.hexDigest(of: document.text.utf8),
      flags: flags)
  }
}
