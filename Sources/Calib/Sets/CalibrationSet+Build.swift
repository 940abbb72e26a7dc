import Basics
import Foundation
import Tokenizers

extension CalibrationSet {
  /// What a build has to say beside its set.
  public struct BuildNotes: Sendable {
    /// Sentences about files that were cut short and the like.
    public var warnings: [String] = []
    /// The rows that were dropped, each with its reason.
    public var badRows: [InputError] = []
    /// Documents without any text after cleaning.
    public var emptyDocuments = 0
  }

  /// Builds a set. `progress` is told how many documents have been taken.
  public static func build(
    _ recipe: CalibrationRecipe, progress: ((Int) -> Void)? = nil
  ) throws(InputError) -> (set: CalibrationSet, notes: BuildNotes) {
    guard recipe.maxSeqLength > 0 else {
      throw InputError(
        .usage, asked: "samples of \(recipe.maxSeqLength) tokens",
        found: "allowed is 1 or more", hint: "leave --max-seq-length out for 2048")
    }
    let tokenizer = try Tokenizer(directory: URL(fileURLWithPath: recipe.tokenizer))
    var notes = BuildNotes()
    var sources = [SourceRecord]()
    var documents = [DocumentRecord]()
    var packer = TokenPacker(length: recipe.maxSeqLength)
    for name in recipe.sources {
      let source = try SourceFile(name, textField: recipe.textField)
      var badRows = 0
      let reading = try source.read(
        onBadRow: { error throws(InputError) in
          guard recipe.skipBad else { throw error }
          notes.badRows.append(error)
          badRows += 1
        },
        { document throws(InputError) in
          if documents.count == recipe.take.count { return false }
          let text = recipe.prepare(document.text, from: source.format)
          if text.utf8.allSatisfy({ $0 <= 0x20 }) {
            notes.emptyDocuments += 1
            return true
          }
          let tokens = tokenizer.encode(text)
          packer.append(tokens, document: documents.count)
          documents.append(
            DocumentRecord(
              source: sources.count, row: document.row, pageID: document.id, title: document.title,
              sha256: SHA256.hexDigest(of: text.utf8), characters: text.unicodeScalars.count,
              tokens: tokens.count))
          progress?(documents.count)
          return documents.count < recipe.take.count
        })
      notes.warnings += reading.warnings
      sources.append(
        SourceRecord(
          name: name, sha256: reading.sha256, bytesRead: reading.byteCount,
          isWhole: reading.isWhole, badRows: badRows))
    }
    guard !documents.isEmpty else {
      throw InputError(
        .badData, asked: "build a calibration set from \(recipe.sources.joined(separator: ", "))",
        found: "no document with any text", hint: "check that the files are not empty")
    }
    if documents.count < recipe.take.count {
      notes.warnings.append(
        "\(recipe.take.text) was asked for; the sources have \(documents.count) documents")
    }
    let samples = packer.finish().map { window in
      CalibrationSample(
        tokenIDs: window.tokens, text: tokenizer.decode(window.tokens), spans: window.spans)
    }
    let set = CalibrationSet(
      recipe: recipe, toolVersion: ToolVersion.current, tokenizerHash: tokenizer.fileHash,
      sources: sources, documents: documents, samples: samples)
    return (set, notes)
  }

  /// Loads a set that `calib build` wrote, or builds one from a corpus file such as a .jsonl with
  /// the defaults and the tokenizer of `modelDirectory`.
  public static func load(from url: URL, modelDirectory: URL) throws(InputError) -> CalibrationSet {
    if ["sqlite", "db", "sqlite3"].contains(url.pathExtension.lowercased()) {
      return try read(from: url)
    }
    return try build(
      CalibrationRecipe(sources: [url.path], tokenizer: modelDirectory.path)
    ).set
  }
}

extension CalibrationRecipe {
  /// A document's text, cleaned and normalised as the recipe says.
  func prepare(_ text: String, from format: SourceFormat) -> String {
    let cleaning = clean ?? (format == .mediaWiki ? .wiki : .none)
    let cleaned = cleaning == .wiki ? WikitextCleaner.clean(text) : text
    return normalize.normalize(cleaned)
  }
}
