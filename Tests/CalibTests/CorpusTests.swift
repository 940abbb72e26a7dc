import Basics
import Calib
import Foundation
import TestSupport
import Testing

@Suite("Which documents make a set, and how")
struct CorpusTests {
  /// Writes a JSONL file of `texts` and returns the recipe on it.
  private func recipe(_ texts: [String], in folder: URL, name: String = "a.jsonl") throws
    -> CalibrationRecipe
  {
    let url = folder.appendingPathComponent(name)
    let lines = try texts.map { text in
      String(
        decoding: try JSONSerialization.data(withJSONObject: ["text": text]), as: UTF8.self)
    }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url)
    return CalibrationRecipe(sources: [url.path], tokenizer: Repository.demoModel.path)
  }

  private func texts(_ count: Int, salt: Int = 0) -> [String] {
    (0..<count).map { index in
      let seed = index * 7919 + salt
      return (0..<40).map { String(format: "%x", (seed + $0) &* 2_654_435_761 & 0xFFFF) }
        .joined(separator: "の")
    }
  }

  @Test("random and stratified draw N distinct documents in file order, by the seed")
  func sampling() throws {
    try withTemporaryDirectory { folder in
      var recipe = try recipe(texts(200), in: folder)
      for take in [SampleSelection.random(20), .stratified(20)] {
        recipe.take = take
        recipe.seed = 1
        let first = try CalibrationSet.build(recipe).set.documents.map(\.row)
        #expect(first.count == 20)
        #expect(first == Set(first).sorted())
        #expect(try CalibrationSet.build(recipe).set.documents.map(\.row) == first)
        recipe.seed = 2
        #expect(try CalibrationSet.build(recipe).set.documents.map(\.row) != first)
      }
    }
  }

  @Test("stratified keeps the shares of long and short")
  func strata() throws {
    try withTemporaryDirectory { folder in
      let long = texts(30).map { String(repeating: $0, count: 20) }
      var recipe = try recipe(texts(90) + long, in: folder)
      recipe.take = .stratified(40)
      let rows = try CalibrationSet.build(recipe).set.documents.map(\.row)
      #expect(rows.count { $0 > 90 } == 10)
    }
  }

  @Test("a mix keeps its shares exactly, and says which source is too small")
  func mix() throws {
    try withTemporaryDirectory { folder in
      var recipe = try recipe(texts(30), in: folder)
      recipe.sources += try self.recipe(texts(30, salt: 1), in: folder, name: "b.jsonl").sources
      recipe.take = .first(20)
      recipe.mix = [0.7, 0.3]
      let documents = try CalibrationSet.build(recipe).set.documents
      #expect(documents.count { $0.source == 0 } == 14)
      #expect(documents.count { $0.source == 1 } == 6)
      recipe.take = .first(60)
      let error = #expect(throws: InputError.self) { try CalibrationSet.build(recipe) }
      #expect(error?.asked.contains("a.jsonl") == true)
      recipe.mix = [1]
      #expect(throws: InputError.self) { try CalibrationSet.build(recipe) }
    }
  }

  @Test("exact duplicates go by bytes, near ones by their shared 5-grams")
  func duplicates() throws {
    try withTemporaryDirectory { folder in
      let base = "天秤は重さを比べる道具であり、古代から商いの場で広く使われてきた。左右の皿が水平になれば重さは等しい。"
      let near = base + "つり合う。"
      let composed = "が" + base
      let decomposed = "か\u{3099}" + base
      var recipe = try recipe(
        [base, texts(1)[0], base, near, composed, decomposed], in: folder)
      #expect(try CalibrationSet.build(recipe).set.documents.map(\.row) == [1, 2, 3, 4, 5, 6])
      recipe.dedup = .exact
      #expect(try CalibrationSet.build(recipe).set.documents.map(\.row) == [1, 2, 4, 5, 6])
      recipe.dedup = .minhash(0.8)
      let (set, notes) = try CalibrationSet.build(recipe)
      #expect(set.documents.map(\.row) == [1, 2])
      #expect(set.counts.duplicates == 4)
      #expect(notes.warnings.contains { $0.contains("bands of") })
    }
  }

  @Test("documents that share 13 letters with an evaluation set are left out")
  func contamination() throws {
    try withTemporaryDirectory { folder in
      let secret = "四角い皿に丸い石を三つのせた天秤"
      var recipe = try recipe(
        ["昔々、\(secret)があった。", "昔々、四角い皿に、丸い石を三つの せた天秤があった。", "別の話。"], in: folder)
      let held = folder.appendingPathComponent("held.jsonl")
      try Data("{\"q\": {\"choices\": [\"x\", \"\(secret)\"]}}\n".utf8).write(to: held)
      recipe.exclude = [held.path]
      let set = try CalibrationSet.build(recipe).set
      #expect(set.documents.map(\.row) == [3])
      #expect(set.counts.contaminated == 2)
    }
  }

  @Test("filters mark documents, and drop them only when told to", arguments: FilterPreset.allCases)
  func filters(_ preset: FilterPreset) throws {
    try withTemporaryDirectory { folder in
      let prose = (1...40).map { "第\($0)の皿には、番号\($0 * 37)の石がのせてあり、静かに揺れている。" }.joined()
      var recipe = try recipe(["English only, nothing else here.", prose], in: folder)
      recipe.filters = preset
      let set = try CalibrationSet.build(recipe).set
      #expect(set.documents.count == 2)
      #expect(!set.documents[0].flags.isEmpty)
      #expect(set.counts.judged == 2)
      #expect(Set(set.counts.failures.keys).isSubset(of: preset.rules))
      let kept = set.documents.filter(\.flags.isEmpty).map(\.row)
      recipe.dropFiltered = true
      if kept.isEmpty {
        #expect(throws: InputError.self) { try CalibrationSet.build(recipe) }
      } else {
        #expect(try CalibrationSet.build(recipe).set.documents.map(\.row) == kept)
      }
    }
  }

  @Test("the document layout is ragged, and whole unless a length is given")
  func documentLayout() throws {
    var recipe = CalibrationRecipe.nejumiJA1K(
      sources: try articlesRecipe().sources, tokenizer: Repository.demoModel.path)
    let whole = try CalibrationSet.build(recipe).set
    #expect(whole.samples.map(\.tokenIDs.count) == whole.documents.map(\.tokens))
    recipe.maxSeqLength = 10
    let cut = try CalibrationSet.build(recipe).set
    #expect(cut.windows == whole.windows.map { Array($0.prefix(10)) })
  }

  @Test("the window layout takes one window of each document that is long enough")
  func windowLayout() throws {
    var recipe = try articlesRecipe(12)
    recipe.layout = .window
    let set = try CalibrationSet.build(recipe).set
    #expect(set.windows.allSatisfy { $0.count == 12 })
    #expect(set.samples.count + set.counts.tooShort == 4)
    #expect(set.counts.tooShort > 0)
    recipe.maxSeqLength = 5000
    #expect(throws: InputError.self) { try CalibrationSet.build(recipe) }
  }

  @Test("settings that cannot be", arguments: ["last:3", "first:0", "first", "random:x", ""])
  func badSelection(_ text: String) {
    #expect(throws: InputError.self) { try SampleSelection(text) }
    #expect(throws: InputError.self) { try Deduplication("minhash:\(text)") }
  }
}

@Suite("Inspecting sets")
struct SetStatisticsTests {
  @Test("counts add up")
  func counts() throws {
    let set = try CalibrationSet.build(articlesRecipe()).set
    let statistics = SetStatistics(set)
    #expect(statistics.tokens == set.windows.joined().count)
    #expect(statistics.sources.map(\.count) == [statistics.tokens])
    #expect(statistics.lengths.reduce(0) { $0 + $1.count } == 4)
    #expect(abs(statistics.scripts.reduce(0) { $0 + $1.share } - 1) < 1e-12)
    #expect(statistics.distinctTokens == Set(set.windows.joined()).count)
    #expect(statistics.vocabularyCoverage * 8192 == Double(statistics.distinctTokens))
    #expect(statistics.duplicateDocuments == 0)
  }

  @Test("the token divergence is 0 to itself, symmetric, and at most a bit")
  func divergence() throws {
    let set = try CalibrationSet.build(articlesRecipe()).set
    var recipe = try articlesRecipe()
    recipe.take = .first(1)
    let other = try CalibrationSet.build(recipe).set
    #expect(set.tokenDivergence(from: set) == 0)
    let distance = set.tokenDivergence(from: other)
    #expect(distance > 0 && distance < 1)
    #expect(abs(distance - other.tokenDivergence(from: set)) < 1e-12)
    #expect(set.commonDocuments(with: other) == 1)
  }

  @Test("conversations are rendered with the model's template, special tokens and all")
  func chat() throws {
    try withTemporaryDirectory { folder in
      try FileManager.default.copyItem(
        at: Repository.demoModel.appendingPathComponent("tokenizer.json"),
        to: folder.appendingPathComponent("tokenizer.json"))
      let template =
        "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{{ eos_token }}"
        + "{% endfor %}"
      try Data(template.utf8).write(to: folder.appendingPathComponent("chat_template.jinja"))
      try Data(
        "{\"bos_token\": \"<|begin_of_text|>\", \"eos_token\": \"<|end_of_text|>\"}".utf8
      ).write(to: folder.appendingPathComponent("tokenizer_config.json"))
      let source = folder.appendingPathComponent("a.jsonl")
      try Data(
        ("{\"messages\": [{\"role\": \"user\", \"content\": \"量る？\"}, "
          + "{\"role\": \"assistant\", \"content\": \"はい。\"}]}\n").utf8
      ).write(to: source)
      var recipe = CalibrationRecipe(sources: [source.path], tokenizer: folder.path)
      recipe.chatTemplate = true
      let sample = try #require(try CalibrationSet.build(recipe).set.samples.first)
      #expect(sample.text == "[user] 量る？[assistant] はい。")
      #expect(sample.tokenIDs.count { $0 == 0 } == 1)
      #expect(sample.tokenIDs.count { $0 == 1 } == 2)
      recipe.chatTemplate = false
      #expect(throws: InputError.self) { try CalibrationSet.build(recipe) }
    }
  }
}
