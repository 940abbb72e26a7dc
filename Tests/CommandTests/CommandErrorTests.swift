import Foundation
import Results
import Sweep
import TestSupport
import Testing

@Suite("Errors of commands, word for word")
struct CommandErrorTests {
  /// Runs `tenbin`, and expects its last words and exit code.
  private func expect(
    _ arguments: [String], in folder: URL, _ status: Int32, asked: String, found: String,
    hint: String, at place: SourceLocation = #_sourceLocation
  ) throws {
    let run = try TenbinProcess(arguments, in: folder)
    #expect(run.status == status, sourceLocation: place)
    let said = "error: \(asked)\n  found: \(found)\n  hint: \(hint)\n"
    #expect(run.errors.hasSuffix(said), "\(run.errors)", sourceLocation: place)
    #expect(run.output.isEmpty, sourceLocation: place)
  }

  @Test("shares that are no numbers, shapes that nobody knows")
  func options() throws {
    try withTemporaryDirectory { folder in
      try Data("{\"text\": \"一\"}\n".utf8).write(to: folder.appendingPathComponent("a.jsonl"))
      try expect(
        [
          "calib", "build", "--source", "a.jsonl", "a.jsonl", "--mix", "0.7,x", "--tokenizer",
          Repository.demoModel.path, "--output", "set.sqlite",
        ], in: folder, 64, asked: "mix the sources by 0.7,x", found: "x is not a number",
        hint: "for example --mix 0.7,0.3")
      try expect(
        ["bench", "layer", "--shape", "nothing"], in: folder, 64, asked: "--shape nothing",
        found: "no such shape, and no config.json of that path",
        hint: "known are llama-135m, llama-3.2-1b, llama-3.1-8b, llama-3.1-70b")
    }
  }

  @Test("a trial that the study does not have, or that was solved on another draw")
  func trials() throws {
    try withTemporaryDirectory { folder in
      func write(_ name: String, _ trials: [TrialResult]) throws {
        try StudyMerge.write(
          StudyResults(environment: StudyEnvironment(), base: [], trials: trials),
          to: folder.appendingPathComponent(name))
      }
      func quantize(_ trial: String) -> [String] {
        ["quantize", Repository.demoModel.path, "--trial", trial, "--output", "out"]
      }
      let config = TrialConfig()
      try write("empty.sqlite", [])
      try write(
        "draws.sqlite",
        [
          TrialResult(number: 0, config: config, companion: nil),
          TrialResult(number: 1, config: config, companion: nil, role: .repeat, draw: 1),
        ])
      try write(
        "alone.sqlite",
        [TrialResult(number: 3, config: config, companion: nil, role: .repeat, draw: 1)])
      try expect(
        quantize("empty.sqlite#7"), in: folder, 64, asked: "trial 7 of empty.sqlite",
        found: "no trials", hint: "tenbin sweep status empty.sqlite lists them")
      try expect(
        quantize("draws.sqlite#1"), in: folder, 64,
        asked: "the checkpoint of trial 1 of draws.sqlite",
        found: "it was solved on another draw of the calibration set, which is not kept",
        hint: "trial 0 is the same on the set itself")
      try expect(
        quantize("alone.sqlite#3"), in: folder, 64,
        asked: "the checkpoint of trial 3 of alone.sqlite",
        found: "it was solved on another draw of the calibration set, which is not kept",
        hint: "tenbin sweep status alone.sqlite lists the others")
      try expect(
        ["allocate", "draws.sqlite", "--budget", "4.25"], in: folder, 65,
        asked: "allocate bits between the trials of draws.sqlite",
        found: "no sweep file in it: it does not say which model and texts it is of",
        hint: "run its sweep with `tenbin sweep run`")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          == ["alone.sqlite", "draws.sqlite", "empty.sqlite"])
    }
  }
}
