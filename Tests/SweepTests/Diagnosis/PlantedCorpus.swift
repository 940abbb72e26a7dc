import Calib
import CalibStore
import Compute
import Foundation
import Sweep
import TestSupport

/// The bundled corpus as a diagnosis reads it: short windows, so that there are many of them.
struct PlantedCorpus {
  let window: Int
  let calibrationWindows: Int
  let heldoutTokens: Int
  /// Windows of the source that are left out before the first.
  var skipped = 0
  var heldout = "heldout-wiki.jsonl"

  /// Everything that a diagnosis of the model in `folder` needs.
  func inputs(model folder: URL) throws -> SweepInputs {
    let set = folder.appendingPathComponent("calibration.sqlite")
    if !FileManager.default.fileExists(atPath: set.path) {
      try write(source: "jawiki-sample.xml", windows: calibrationWindows, model: folder, to: set)
    }
    return try SweepInputs(
      model: folder.path, calibration: set.path,
      heldout: [Repository.corpus.appendingPathComponent(heldout).path],
      context: window, heldoutTokens: heldoutTokens, engine: CPUEngine())
  }

  /// Writes a set of windows of a bundled text.
  func write(source: String, windows: Int, model: URL, to file: URL) throws {
    var recipe = CalibrationRecipe(
      sources: [Repository.corpus.appendingPathComponent(source).path], tokenizer: model.path)
    recipe.maxSeqLength = window
    var set = try CalibrationSet.build(recipe).set
    set.samples = Array(set.samples.dropFirst(skipped).prefix(windows))
    try set.write(to: file)
  }

  /// Writes a set of one line of program text over and over: as narrow as a domain can be.
  func writeNarrow(windows: Int, model: URL, to file: URL) throws {
    let text = model.appendingPathComponent("narrow.txt")
    let line = "for (int i = 0; i < 10; i++) { sum += a[i] * b[i]; }\n"
    try Data(String(repeating: line, count: windows * window / 10).utf8).write(to: text)
    var recipe = CalibrationRecipe(sources: [text.path], tokenizer: model.path)
    recipe.maxSeqLength = window
    var set = try CalibrationSet.build(recipe).set
    set.samples = Array(set.samples.prefix(windows))
    try set.write(to: file)
  }
}
