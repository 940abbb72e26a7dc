import ArgumentParser
import Basics
import Calib
import CalibStore
import Foundation
import Tokenizers

/// The `calib` family of commands.
struct CalibCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calib",
    abstract: "Builds calibration sets from text, shows them, and reproduces them.",
    subcommands: [
      CalibBuildCommand.self, CalibInspectCommand.self, CalibExportCommand.self,
      CalibRebuildCommand.self, CalibThroughputCommand.self,
    ]
  )
}

/// `calib export`: a set as JSONL.
struct CalibExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a set as JSONL, one sample per line: text, token_ids, provenance.",
    discussion: """
      A Python quantizer reads it with
        [json.loads(line)["token_ids"] for line in open("set.jsonl")]

      Example:
        tenbin calib export set.sqlite --output set.jsonl
      """
  )

  @Argument(help: "A set that calib build wrote.", completion: .file(extensions: ["sqlite"]))
  var set: String

  @Option(help: "The JSONL file to write.")
  var output: String

  @OptionGroup var replace: ReplaceOption

  func run() throws {
    var files = replace.files(reading: [set])
    let target = try files.output(output, .samples)
    let set = try CalibrationSet.read(from: URL(fileURLWithPath: set))
    try set.export(to: target)
    Terminal.say("\(output): \(set.samples.count) samples, \(set.tokenCount) tokens")
  }
}

/// `calib rebuild`: proves that a set can be made again.
struct CalibRebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Builds a set again from its own recipe: the same bytes, or which source changed.",
    discussion: """
      Relative paths of the recipe start at the current folder.
      Example:
        tenbin calib rebuild set.sqlite
      """
  )

  @Argument(help: "A set that calib build wrote.", completion: .file(extensions: ["sqlite"]))
  var set: String

  @Option(help: "Where to write the set that was built again; left out: it is only compared.")
  var output: String?

  @OptionGroup var replace: ReplaceOption

  func run() throws {
    let old = try CalibrationSet.read(from: URL(fileURLWithPath: set))
    let recipe = old.recipe
    var files = replace.files(
      reading: [set, recipe.tokenizerFolder.path]
        + recipe.sources.map { HubCache().url(of: $0).path } + recipe.exclude)
    let target = try output.map { try files.output($0, .calibrationSet) }
    let new = try old.rebuilt()
    if let target { try new.write(to: target) }
    try Terminal.print("\(set): reproduced, hash \(new.hash)")
  }
}

/// `calib throughput`: how fast the tokenizer is; Benchmarks/against_tokenizers.py calls it.
struct CalibThroughputCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "throughput", abstract: "Times the tokenizer on a corpus file, as JSON.",
    shouldDisplay: false)

  @Option(help: "The model folder whose tokenizer.json is used.")
  var tokenizer: String

  @Option(help: "A corpus file.")
  var source: String

  func run() throws {
    let tokenizer = try Tokenizer(directory: URL(fileURLWithPath: tokenizer))
    var texts = [String]()
    _ = try SourceFile(source).read(
      onBadRow: { error throws(InputError) in throw error },
      { document throws(InputError) in
        texts.append(document.text)
        return true
      })
    let start = clock()
    let tokens = texts.reduce(0) { $0 + tokenizer.encode($1).count }
    // Processor time: other processes do not count.
    let seconds = Double(clock() - start) / 1_000_000
    let bytes = texts.reduce(0) { $0 + $1.utf8.count }
    try Terminal.print(
      "{\"tokens\": \(tokens), \"seconds\": \(seconds), "
        + "\"megabytes_per_second\": \(Double(bytes) / 1e6 / seconds)}")
  }
}
