import Analysis
import Basics
import Calib
import Compute
import Foundation
import Model
import TestSupport
import Testing
import Tokenizers

@Suite("Errors of scores, audits and leaderboards, word for word")
struct AnalysisErrorTests {
  @Test("exports without a table, with tables of something else, and broken ones")
  func exports() throws {
    try withTemporaryDirectory { folder in
      let asked = "import the leaderboard scores of \(folder.path)"
      #expect(
        throws: InputError(
          .missing, asked: asked, found: "no *.table.json in it",
          hint: "download the tables of a run: `wandb artifact get ENTITY/PROJECT/run-ID-TABLE:v0`")
      ) { try LeaderboardExport(folder) }
      let table = folder.appendingPathComponent("a.table.json")
      try Data(#"{"columns": ["x"], "data": [[1]]}"#.utf8).write(to: table)
      #expect(
        throws: InputError(
          .badData, asked: asked,
          found: "1 tables, none of them a leaderboard_table or an output_table",
          hint: "download leaderboard_table and, for paired comparisons, the output tables")
      ) { try LeaderboardExport(folder) }
      #expect(
        throws: InputError(
          .badData, asked: "import the leaderboard scores of \(table.path)",
          found: "a table without model_name and GLP_ columns",
          hint: "give leaderboard_table.table.json, or the folder of all tables")
      ) { try LeaderboardExport(table) }
      for (text, found) in [
        (#"{"columns": ["x"]}"#, "no columns and data"),
        (#"{"columns": ["x"], "data": [[1, 2]]}"#, "row 1 does not have 1 cells"),
        (#"{"columns": x}"#, "not a JSON value at byte 12"),
      ] {
        try Data(text.utf8).write(to: table)
        #expect(
          throws: InputError(
            .badData, asked: "read the W&B table \(table.path)", found: found,
            hint: "download the artifact again: {\"columns\": […], \"data\": [[…], …]} is expected")
        ) { try LeaderboardExport(table) }
      }
    }
  }

  @Test("CSVs of scores that lack a column, a field or a number")
  func scores() {
    let head = "model,variant,category_group,category,score\n"
    for (text, found) in [
      ("", "an empty file"), ("model,variant\n", "no column category_group"),
      (head + "a,b,c\n", "3 fields instead of 5 in record 2"),
      (head + "a,base,GLP,x,high\n", "the score \"high\" in record 2"),
    ] {
      #expect(
        throws: InputError(
          .badData, asked: "read the scores of a.csv", found: found,
          hint: "the first line names the columns: model, variant, category_group, category, score")
      ) { try ScoreTable(csv: text, name: "a.csv") }
    }
  }

  @Test("scores that are no numbers")
  func notANumber() {
    var evaluation = Evaluation(domain: "wiki")
    evaluation.perplexity = .nan
    #expect(
      evaluation.notANumber
        == InputError(
          .badData, asked: "score the model on wiki",
          found: "a perplexity of nan: its activations or logits overflow float32",
          hint:
            "the weights or scales are damaged, or not those of this config.json: tenbin audit looks into a GPTQ checkpoint"
        ))
  }

  @Test("held-out files of one name, of one token, and of tokens that the model does not have")
  func heldout() throws {
    let tokenizer = try Tokenizer(directory: Repository.demoModel)
    let model = try ModelConfig(directory: Repository.demoModel)
    try withTemporaryDirectory { folder in
      let paths = ["a", "b"].map { folder.appendingPathComponent("\($0)/x.txt").path }
      for path in paths {
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(
          at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data("川は山から海へ流れる。".utf8).write(to: url)
      }
      #expect(
        throws: InputError(
          .usage, asked: "evaluate on \(paths[1])", found: "two held-out files named x",
          hint: "a domain is named after its file: rename one, or leave it out")
      ) {
        try [HeldoutDomain](
          reading: paths, tokenizer: tokenizer, model: model, context: 8, maxTokens: nil
        ) { _ in }
      }
    }
    let token = try #require(tokenizer.content(of: 300))
    var json = String(
      decoding: try Data(contentsOf: Repository.demoModel.appendingPathComponent("config.json")),
      as: UTF8.self)
    json.replace(/"vocab_size": \d+/, with: "\"vocab_size\": 256")
    let small = try ModelConfig(json: Data(json.utf8), name: "config.json")
    #expect(
      throws: InputError(
        .badData, asked: "run a.txt through the model",
        found:
          "the token 300, \"\(token)\", of a tokenizer.json with 8192 ids, where vocab_size is 256",
        hint: "tokenizer.json and config.json are of different models: get both from the same one")
    ) { try tokenizer.check([[7, 300]], of: "a.txt", fit: small) }
  }

  @Test("an empty folder, and a base of another shape, are no audit")
  func audits() throws {
    try withTemporaryDirectory { folder in
      #expect(
        throws: InputError(
          .missing, asked: "audit \(folder.path)", found: "an empty folder",
          hint: "give the folder of a GPTQ checkpoint: config.json and *.safetensors")
      ) { try CheckpointAudit(folder, engine: CPUEngine()).run() }
    }
  }
}
