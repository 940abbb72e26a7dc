import Analysis
import Foundation
import Report
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

  @Test("a diagnosis stands on the page of its own model's study, and on no other")
  func diagnosisOfAStudy() throws {
    try withTemporaryDirectory { folder in
      func write(_ name: String, _ model: String) throws {
        var environment = StudyEnvironment()
        environment.model = model
        try StudyMerge.write(
          StudyResults(environment: environment, base: [], trials: []),
          to: folder.appendingPathComponent(name))
      }
      let nothing = Estimate(value: 0, stderr: 1, freedom: 9)
      let side = DiagnosisSide(name: "a.yaml", isCheckpoint: false, settings: [])
      var diagnosis = Diagnosis(
        suspect: side, baseline: side,
        ranking: CauseRanking(nll: nothing, kld: nothing, divergences: (0, 0)), nll: nothing,
        kld: nothing)
      diagnosis.model = "mine"
      try Data(diagnosis.json().utf8).write(to: folder.appendingPathComponent("why.json"))
      try write("other.sqlite", "other")
      try write("mine.sqlite", "mine")
      func report(_ study: String, _ diagnosis: String) -> [String] {
        ["report", "html", study, "--diagnosis", diagnosis, "--output", "page.html"]
      }
      try expect(
        report("other.sqlite", "why.json"), in: folder, 64,
        asked: "show the diagnosis why.json with the study other.sqlite",
        found: "the diagnosis is of mine, the study of other",
        hint: "give one that tenbin diagnose MODEL … --format json printed")
      try expect(
        report("mine.sqlite", "none.json"), in: folder, 66, asked: "read the diagnosis none.json",
        found: "no such file or folder",
        hint: "give what tenbin diagnose MODEL … --format json printed, written to a file")
      let both = try TenbinProcess(
        report("mine.sqlite", "why.json") + ["--against", "other.sqlite"], in: folder)
      #expect(both.status == 64)
      #expect(
        both.errors.contains("--diagnosis belongs to the page of one study, without --against"))
      let over = try TenbinProcess(
        ["report", "html", "mine.sqlite", "--diagnosis", "why.json", "--output", "why.json"],
        in: folder)
      #expect(over.status == 64 && over.errors.contains("why.json"))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          == ["mine.sqlite", "other.sqlite", "why.json"])
      let done = try TenbinProcess(report("mine.sqlite", "why.json"), in: folder)
      #expect(done.status == 0, "\(done.errors)")
      let page = try String(
        contentsOf: folder.appendingPathComponent("page.html"), encoding: .utf8)
      #expect(page.contains("<section id=\"diagnosis\">"))
    }
  }

  @Test("models without scores, and with too few to be drawn")
  func leaderboards() throws {
    try withTemporaryDirectory { folder in
      let text = """
        model,variant,category_group,category,score
        a,base,GLP,英語,0.5
        b,int4,GLP,英語,0.4

        """
      try Data(text.utf8).write(to: folder.appendingPathComponent("scores.csv"))
      let compare = ["leaderboard", "compare", "scores.csv"]
      try expect(
        compare + ["--base", "c"], in: folder, 64, asked: "compare the model c",
        found: "no scores of that name", hint: "2 models are there: a, b")
      try expect(
        ["report", "card", "--name", "c", "--leaderboard", "scores.csv"], in: folder, 64,
        asked: "the scores of c in scores.csv", found: "none of that name",
        hint: "give --name as it stands there, such as a")
      let drawn = try TenbinProcess(compare + ["--html", "out.html"], in: folder)
      #expect(drawn.status == 65)
      #expect(
        drawn.errors.hasSuffix(
          """
          error: draw the differences to a
            found: no other model with three of its categories on its page
            hint: name the models with --base and --models

          """), "\(drawn.errors)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["scores.csv"])
    }
  }

  @Test("a text without a document, and a budget that is too small")
  func quantizing() throws {
    try withTemporaryDirectory { folder in
      let model = Repository.demoModel.path
      try Data("\n".utf8).write(to: folder.appendingPathComponent("empty.jsonl"))
      let run = try TenbinProcess(["run", model, "--calibration", "empty.jsonl"], in: folder)
      #expect(run.status == 65)
      #expect(
        run.errors.hasSuffix(
          """
          error: keep some documents of empty.jsonl apart to measure on
            found: no document in it
            hint: give --heldout with another text

          """), "\(run.errors)")
      let line = "{\"text\": \"\(String(repeating: "川は山から海へ流れる。", count: 20))\"}\n"
      try Data(line.utf8).write(to: folder.appendingPathComponent("text.jsonl"))
      try #require(
        try TenbinProcess(
          [
            "calib", "build", "--source", "text.jsonl", "--tokenizer", model, "--max-seq-length",
            "16", "--output", "set.sqlite",
          ], in: folder
        ).status == 0)
      let small = try TenbinProcess(
        [
          "quantize", model, "--calibration", "set.sqlite", "--memory-budget", "1MB", "--output",
          "out",
        ], in: folder)
      #expect(small.status == 64)
      let said = try #require(
        small.errors.firstMatch(
          of:
            /error: --memory-budget 1\.0 MB\n  found: (.+) are needed for what cannot be spilled to disk\n  hint: give (.+) or more\n$/
        ), "\(small.errors)")
      #expect(said.1 == said.2)
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out").path))
    }
  }

  @Test("OpenBLAS that cannot be opened")
  func library() throws {
    try withTemporaryDirectory { folder in
      for name in ["libopenblas.so.0", "libopenblas.so"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      let run = try TenbinProcess(
        ["doctor"], in: folder, limits: "export LD_LIBRARY_PATH='\(folder.path)'")
      #expect(run.status == 66)
      #expect(
        run.errors.hasSuffix(
          """
          error: open OpenBLAS
            found: \(folder.path)/libopenblas.so: file too short
            hint: install it: apt-get install libopenblas0-pthread

          """), "\(run.errors)")
    }
  }

  @Test("what cannot be held against each other")
  func comparisons() throws {
    try withTemporaryDirectory { folder in
      for (name, numbers) in [("a", [0, 1]), ("empty", [])] {
        try StudyMerge.write(
          StudyResults(
            environment: StudyEnvironment(), base: [],
            trials: numbers.map {
              TrialResult(number: $0, config: TrialConfig(), companion: nil, draw: $0)
            }), to: folder.appendingPathComponent("\(name).sqlite"))
      }
      func page(_ study: String, _ against: String? = nil) -> [String] {
        ["report", "html", study] + (against.map { ["--against", $0] } ?? [])
          + ["--output", "page.html"]
      }
      try expect(
        page("a.sqlite#1"), in: folder, 64, asked: "write a page of trial 1 of a.sqlite",
        found: "a page is of a whole study, where every trial can be looked at",
        hint: "give a.sqlite, or hold the trial --against another one")
      try expect(
        page("a.sqlite", "a.sqlite#1"), in: folder, 64, asked: "hold a.sqlite against a.sqlite#1",
        found: "a trial and a whole study",
        hint: "name a trial of both, or of neither: STUDY.sqlite#NUMBER is a trial")
      try expect(
        page("a.sqlite", "./a.sqlite"), in: folder, 64, asked: "hold a.sqlite against ./a.sqlite",
        found: "they are the same",
        hint: "give another study, or two trials: a.sqlite#0 and a.sqlite#1")
      try expect(
        page("a.sqlite#0", "a.sqlite#1"), in: folder, 64,
        asked: "hold a.sqlite#0 against a.sqlite#1",
        found: "trial 0 of a.sqlite is running, without scores",
        hint: "tenbin sweep status a.sqlite lists them")
      try expect(
        page("a.sqlite#7", "empty.sqlite#0"), in: folder, 64,
        asked: "hold a.sqlite#7 against empty.sqlite#0", found: "the trials of a.sqlite are 0 to 1",
        hint: "tenbin sweep status a.sqlite lists them")
      try expect(
        page("empty.sqlite#0", "a.sqlite#0"), in: folder, 64,
        asked: "hold empty.sqlite#0 against a.sqlite#0", found: "empty.sqlite has no trials",
        hint: "tenbin sweep status empty.sqlite lists them")
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          == ["a.sqlite", "empty.sqlite"])
    }
  }
}
