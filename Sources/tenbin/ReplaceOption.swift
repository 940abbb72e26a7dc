import ArgumentParser
import Basics

/// Whether an output may take the place of an earlier one.
struct ReplaceOption: ParsableArguments {
  @Flag(help: "Replace an earlier output; tenbin's own pages, CSVs and cards need no --force.")
  var force = false

  /// The files of a command that reads `inputs`, to settle its outputs with.
  func files(reading inputs: [String?]) -> CommandFiles {
    CommandFiles(reads: inputs, force: force)
  }
}
