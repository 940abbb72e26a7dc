import ArgumentParser
import Basics
import Foundation
import Model
import Sweep

extension SweepCommand {
  /// `tenbin sweep init`: a sweep.yaml to begin with.
  struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes a commented sweep.yaml for a model.",
      discussion: """
        Settings that fit the model's shapes, and what the sweep takes on this machine. config.json
        is enough; the set and the held-out text may be made later.

        Examples:
          tenbin sweep init MODEL_DIR --calibration set.sqlite --heldout wiki.jsonl
          tenbin sweep init org/name --output sweep.yaml
        """)

    @Argument(
      help: "The model's Hugging Face folder, or its name on the Hub.", completion: .directory)
    var model: String

    @Option(help: "The calibration set: made, or to be made.")
    var calibration = "calibration.sqlite"

    @Option(
      parsing: .upToNextOption,
      help: "Held-out text, one domain per file, the main one first: there, or to be there.")
    var heldout = ["heldout.jsonl"]

    @Option(help: "The file to write.", completion: .file(extensions: ["yaml", "yml"]))
    var output = "sweep.yaml"

    @OptionGroup var replace: ReplaceOption

    @OptionGroup var compute: ComputeOptions

    func run() throws {
      let folder = try HubCache().model(model)
      let config = try ModelConfig(directory: folder)
      var files = replace.files(reading: [folder.path, calibration] + heldout)
      let target = try files.output(output, .sweepFile)
      var template = SweepTemplate(model: model, config)
      template.calibration = calibration
      template.heldout = heldout
      let file = try SweepFile(text: template.text(), name: output)
      let plan = TrialPlan(file.trials)
      let estimate = try PassEstimate(file, trials: plan.trials)
      let seconds = estimate.seconds(on: try compute.engine())
      let assumed =
        estimate.calibration.isAssumed ? ", for an assumed set of 128 x 2048 tokens" : ""
      let lines = [
        "\(SweepEstimate(file, on: config).sentence(nil)).",
        "The first takes about \(PassEstimate.duration(seconds)) on this machine and at most"
          + " \(ByteText.size(estimate.memory.total)) of memory\(assumed).",
      ]
      try AtomicOutput.write(template.text(lines), to: target)
      lines.forEach(Terminal.say)
      Terminal.say(
        "wrote \(output)\nnext: tenbin sweep run \(output) --study study.sqlite --dry-run")
    }
  }
}
