import ArgumentParser
import Basics
import Calib
import Foundation

/// `calib build`: text in, a calibration set out.
struct CalibBuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Builds a calibration set from text.",
    discussion: """
      Examples:
        tenbin calib build --source ja_wiki.jsonl --tokenizer notebooks-data/demo-model \\
          --take first:1000 --output set.sqlite
        tenbin calib build --source jawiki-latest-pages-articles.xml --tokenizer MODEL_DIR \\
          --normalize nfc --output set.sqlite
      """
  )

  @Option(
    parsing: .upToNextOption, help: "Corpus files: .jsonl, .txt, or a MediaWiki dump in .xml.",
    completion: .file())
  var source: [String]

  @Option(help: "The model folder whose tokenizer.json is used.", completion: .directory)
  var tokenizer: String

  @Option(help: "Which documents to take: first:N.")
  var take = "first:1000"

  @Option(help: "The member of a JSON object that holds the text.")
  var textField = "text"

  @Option(help: "wiki: wikitext to running text. Default: wiki for .xml, none otherwise.")
  var clean: Cleaning?

  @Option(help: "How characters are normalised.")
  var normalize = Normalization.none

  @Option(help: "How tokens become samples.")
  var layout = SampleLayout.packed

  @Option(help: "The length of a sample, in tokens.")
  var maxSeqLength = 2048

  @Flag(help: "Drop rows that cannot be read, instead of stopping at the first.")
  var skipBad = false

  @Option(help: "The set to write, a SQLite file.", completion: .file(extensions: ["sqlite"]))
  var output: String

  func run() throws {
    var recipe = CalibrationRecipe(sources: source, tokenizer: tokenizer)
    recipe.take = try SampleSelection(take)
    recipe.textField = textField
    recipe.clean = clean
    recipe.normalize = normalize
    recipe.layout = layout
    recipe.maxSeqLength = maxSeqLength
    recipe.skipBad = skipBad
    let (set, notes) = try CalibrationSet.build(recipe)
    for warning in notes.warnings { Terminal.say("warning: \(warning)") }
    for row in notes.badRows.prefix(20) { Terminal.say("dropped: \(row.asked): \(row.found)") }
    if notes.badRows.count > 20 { Terminal.say("dropped: \(notes.badRows.count) rows in all") }
    if notes.emptyDocuments > 0 { Terminal.say("skipped: \(notes.emptyDocuments) empty documents") }
    try set.write(to: URL(fileURLWithPath: output))
    Terminal.say(
      "\(output): \(set.documents.count) documents, \(set.samples.count) samples, "
        + "\(set.tokenCount) tokens, hash \(set.hash.prefix(16))")
  }
}

extension Cleaning: ExpressibleByArgument {}
extension Normalization: ExpressibleByArgument {}
extension SampleLayout: ExpressibleByArgument {}
