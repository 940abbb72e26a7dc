import ArgumentParser
import Basics
import Calib
import CalibStore
import Foundation

/// `calib build`: text in, a calibration set out.
struct CalibBuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build",
    abstract: "Builds a calibration set from text.",
    discussion: """
      Examples:
        tenbin calib build --source ja_wiki.jsonl --take first:1000 \\
          --tokenizer notebooks-data/demo-model --output set.sqlite
        tenbin calib build --source jawiki-latest-pages-articles.xml \\
          --tokenizer MODEL_DIR --normalize nfc --output set.sqlite
      """
  )

  @Option(
    parsing: .upToNextOption,
    help: """
      Corpus files: .jsonl, .txt, .parquet, a MediaWiki dump in .xml, a CirrusSearch dump, or the \
      config.json of a checkpoint that optimum made; .gz, .bz2 and .zst are read as they are. Or a \
      dataset on the Hub that is in the Hugging Face cache, org/name or org/name@revision.
      """,
    completion: .file())
  var source: [String]

  @Option(help: "The shares of the sources among the documents, such as 0.7,0.3.")
  var mix = ""

  @Option(
    help: "The model folder whose tokenizer.json is used, or the model's name on the Hub.",
    completion: .directory)
  var tokenizer: String

  @Option(help: "Which documents to take: first:N, random:N or stratified:N (length and script).")
  var take = "first:1000"

  @Option(help: "The seed of whatever is drawn.")
  var seed = 0

  @Option(help: "The member of a JSON object, or the column, that holds the text.")
  var textField = "text"

  @Option(help: "wiki: wikitext to running text. Default: wiki for .xml, none otherwise.")
  var clean: Cleaning?

  @Option(help: "How characters are normalised.")
  var normalize = Normalization.none

  @Flag(help: "Show what --normalize would change, and write no set.")
  var diffReport = false

  @Option(help: "How duplicates are found: none, exact, or minhash:J with the least similarity.")
  var dedup = "none"

  @Option(
    parsing: .upToNextOption,
    help: "Evaluation files; documents that share 13 letters in a row with them are left out.",
    completion: .file())
  var exclude: [String] = []

  @Option(help: "Published rules to judge the documents by.")
  var filters: FilterPreset?

  @Flag(help: "Leave out documents that fail a rule of --filters, instead of marking them.")
  var drop = false

  @Option(help: "How tokens become samples.")
  var layout: SampleLayout?

  @Option(help: "The length of a sample, in tokens. Default: 2048; document: as long as they are.")
  var maxSeqLength: Int?

  @Option(help: "A published recipe: nejumi-ja-1k, the first 1,000 rows, one document per sample.")
  var preset: RecipePreset?

  @Flag(help: "Rows hold conversations (messages); render them with the model's chat template.")
  var chatTemplate = false

  @Flag(help: "Drop rows that cannot be read, instead of stopping at the first.")
  var skipBad = false

  @Option(help: "The set to write, a SQLite file.", completion: .file(extensions: ["sqlite"]))
  var output: String?

  @OptionGroup var replace: ReplaceOption

  @OptionGroup var talk: TalkOptions

  func validate() throws {
    if output == nil, !diffReport { throw ValidationError("Missing expected argument '--output'") }
  }

  func run() throws {
    let recipe = try recipe()
    if diffReport { return try printDiff(recipe) }
    guard let output else { return }
    var files = CommandFiles(
      reads: recipe.sources.map { HubCache().url(of: $0).path } + [recipe.tokenizerFolder.path]
        + exclude, force: replace.force || isAgain(output, recipe))
    let target = try files.output(output, .calibrationSet)
    let count = recipe.take.count
    let (set, notes) = try CalibrationSet.build(recipe) { taken in
      if taken * 10 / count > (taken - 1) * 10 / count, taken < count {
        Terminal.say("\(taken) of \(count) documents")
      }
    }
    for warning in notes.warnings { Terminal.say("note: \(warning)") }
    for row in notes.badRows.prefix(20) { Terminal.say("dropped: \(row.asked): \(row.found)") }
    if notes.badRows.count > 20 { Terminal.say("dropped: \(notes.badRows.count) rows in all") }
    try set.write(to: target)
    for line in SetStatistics(set).fates { Terminal.say(line) }
    Terminal.say(
      "\(output): \(set.documents.count) documents, \(set.samples.count) samples, "
        + "\(set.tokenCount) tokens, hash \(set.hash.prefix(16))")
  }

  /// Whether the set at `output` was built from the same sources for the same tokenizer: the command is
  /// given once more, and what it replaces can be had again.
  private func isAgain(_ output: String, _ recipe: CalibrationRecipe) -> Bool {
    let earlier = try? CalibrationSet.read(from: URL(fileURLWithPath: output)).recipe
    return earlier?.sources == recipe.sources && earlier?.tokenizer == recipe.tokenizer
  }

  private func recipe() throws -> CalibrationRecipe {
    let cache = HubCache()
    let sources = try source.flatMap { name throws(InputError) in
      let files = try cache.dataset(name)
      if let files { Terminal.say("note: \(name) is \(files.joined(separator: ", "))") }
      return files ?? [name]
    }
    let tokenizer = try cache.modelName(tokenizer, needs: ["tokenizer.json"])
    var recipe =
      preset == .nejumiJA1K
      ? CalibrationRecipe.nejumiJA1K(sources: sources, tokenizer: tokenizer)
      : CalibrationRecipe(sources: sources, tokenizer: tokenizer)
    recipe.take = try SampleSelection(take)
    recipe.mix = try mix.split(separator: ",").map { share in
      guard let value = Double(share.filter { $0 != " " }) else {
        throw InputError(
          .usage, asked: "mix the sources by \(mix)", found: "\(share) is not a number",
          hint: "for example --mix 0.7,0.3")
      }
      return value
    }
    recipe.seed = seed
    recipe.textField = textField
    recipe.clean = clean
    recipe.normalize = normalize
    recipe.dedup = try Deduplication(dedup)
    recipe.exclude = exclude
    recipe.filters = filters
    recipe.dropFiltered = drop
    recipe.layout = layout ?? recipe.layout
    recipe.maxSeqLength = maxSeqLength
    recipe.skipBad = skipBad
    recipe.chatTemplate = chatTemplate
    return recipe
  }

  private func printDiff(_ recipe: CalibrationRecipe) throws {
    let diff = try NormalizationDiff(recipe)
    Terminal.say(
      "\(recipe.normalize.rawValue) would change \(diff.changedDocuments) of \(diff.documents) "
        + "documents")
    try Terminal.print("count\tfrom\tto\tscalars")
    for (change, count) in diff.ranking.prefix(100) {
      let codes = { (scalars: [Unicode.Scalar]) in
        scalars.map { String($0.value, radix: 16, uppercase: true) }.joined(separator: " ")
      }
      try Terminal.print(
        "\(count)\t\(visible(change.from))\t\(visible(change.to))\t\(codes(change.from)) → "
          + codes(change.to))
    }
  }

  private func visible(_ scalars: [Unicode.Scalar]) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars.filter { $0.value > 0x20 && $0.value != 0x7F })
    return String(text)
  }
}

/// Recipes with a name.
enum RecipePreset: String, ExpressibleByArgument, CaseIterable {
  case nejumiJA1K = "nejumi-ja-1k"
}

extension FilterPreset: ExpressibleByArgument {}
extension Cleaning: ExpressibleByArgument {}
extension Normalization: ExpressibleByArgument {}
extension SampleLayout: ExpressibleByArgument {}
