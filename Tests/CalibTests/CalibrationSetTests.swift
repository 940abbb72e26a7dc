import Basics
import Calib
import CalibStore
import Foundation
import TestSupport
import Testing
import Tokenizers

/// A recipe on the committed articles with the demo tokenizer and short windows.
func articlesRecipe(_ length: Int = 16) throws -> CalibrationRecipe {
  let url = try #require(
    Bundle.module.url(forResource: "articles", withExtension: "jsonl", subdirectory: "Fixtures"))
  var recipe = CalibrationRecipe(sources: [url.path], tokenizer: Repository.demoModel.path)
  recipe.maxSeqLength = length
  return recipe
}

@Suite("Calibration sets")
struct CalibrationSetTests {
  @Test("a set of another tokenizer is refused, whoever loads it")
  func otherTokenizer() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("set.sqlite")
      try CalibrationSet.build(articlesRecipe()).set.write(to: url)
      let file = folder.appendingPathComponent("tokenizer.json")
      let json = try Data(
        contentsOf: Repository.demoModel.appendingPathComponent("tokenizer.json"))
      try json.write(to: file)
      #expect(try CalibrationSet.load(from: url, modelDirectory: folder).samples.count > 0)
      try (json + Data("\n".utf8)).write(to: file)
      let error = #expect(throws: InputError.self) {
        try CalibrationSet.load(from: url, modelDirectory: folder)
      }
      #expect(
        error
          == InputError(
            .badData, asked: "calibrate \(folder.path) with \(url.path)",
            found: "a set made with another tokenizer.json",
            hint: "build it again with this model's tokenizer: tenbin calib build"))
    }
  }

  @Test("packed windows are the documents' tokens in order, the tail dropped")
  func packed() throws {
    let set = try CalibrationSet.build(articlesRecipe()).set
    let tokenizer = try Tokenizer(directory: Repository.demoModel)
    let url = try #require(set.recipe.sources.first)
    let texts = try String(contentsOfFile: url, encoding: .utf8).split(separator: "\n").map {
      line -> String in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(object?["text"] as? String)
    }
    let tokens = texts.flatMap { tokenizer.encode($0) }
    #expect(set.windows.allSatisfy { $0.count == 16 })
    #expect(Array(set.windows.joined()) == Array(tokens.prefix(tokens.count / 16 * 16)))
    #expect(set.documents.map(\.title) == ["天秤", "量子化", "正規化", "短文"])
    #expect(set.documents.map(\.pageID) == ["5", "10", "11", "12"])
    #expect(set.documents.map(\.row) == [1, 2, 3, 4])
    for sample in set.samples {
      #expect(sample.spans.reduce(0) { $0 + $1.count } == sample.tokenIDs.count)
      for span in sample.spans {
        let whole = tokenizer.encode(texts[span.document])
        #expect(
          Array(sample.tokenIDs[span.start..<span.start + span.count])
            == Array(whole[span.documentStart..<span.documentStart + span.count]))
      }
    }
  }

  @Test("a set shorter than a window is one short window")
  func shortSet() throws {
    let set = try CalibrationSet.build(articlesRecipe(4096)).set
    #expect(set.samples.count == 1)
    #expect(set.tokenCount == set.documents.reduce(0) { $0 + $1.tokens })
  }

  @Test("first:N takes N documents, and reads no more of the file than it needs")
  func firstDocuments() throws {
    var recipe = try articlesRecipe()
    recipe.take = .first(2)
    #expect(try CalibrationSet.build(recipe).set.documents.map(\.title) == ["天秤", "量子化"])
  }

  @Test("the same recipe writes the same bytes, and reads back as it was")
  func reproducible() throws {
    try withTemporaryDirectory { folder in
      let recipe = try articlesRecipe()
      let first = folder.appendingPathComponent("a.sqlite")
      let second = folder.appendingPathComponent("b.sqlite")
      let set = try CalibrationSet.build(recipe).set
      try set.write(to: first)
      try CalibrationSet.build(recipe).set.write(to: second)
      #expect(try Data(contentsOf: first) == Data(contentsOf: second))
      let read = try CalibrationSet.read(from: first)
      #expect(read == set)
      try read.rebuilt().write(to: second)
      #expect(try Data(contentsOf: first) == Data(contentsOf: second))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    }
  }

  @Test("rebuild says which source has changed")
  func changedSource() throws {
    try withTemporaryDirectory { folder in
      let source = folder.appendingPathComponent("a.jsonl")
      try Data("{\"text\":\"天秤で量る。\"}\n".utf8).write(to: source)
      let recipe = CalibrationRecipe(sources: [source.path], tokenizer: Repository.demoModel.path)
      let set = try CalibrationSet.build(recipe).set
      try Data("{\"text\":\"天秤で測る。\"}\n".utf8).write(to: source)
      let error = #expect(throws: InputError.self) { try set.rebuilt() }
      #expect(error?.found.contains("a.jsonl has changed") == true)
    }
  }

  @Test("export writes each sample's text, ids and provenance")
  func export() throws {
    let set = try CalibrationSet.build(articlesRecipe()).set
    let lines = set.jsonLines().split(separator: "\n")
    #expect(lines.count == set.samples.count)
    for (line, sample) in zip(lines, set.samples) {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(object["token_ids"] as? [Int] == sample.tokenIDs.map(Int.init))
      #expect((object["provenance"] as? [[String: Any]])?.count == sample.spans.count)
    }
  }
}

@Suite("Held-out text")
struct EvaluationTextTests {
  @Test("windows are whole, and their characters add up to the text")
  func blocks() throws {
    let source = URL(fileURLWithPath: try #require(try articlesRecipe().sources.first))
    let tokenizer = try Tokenizer(directory: Repository.demoModel)
    let text = try EvaluationText(from: source, tokenizer: tokenizer, context: 8)
    #expect(text.domain == "articles")
    #expect(SourceFile.stem("a/ja.wiki.jsonl.gz") == "ja.wiki")
    #expect(text.windows.allSatisfy { $0.count == 8 })
    #expect(text.characters.count == text.windows.count)
    #expect(text.scoredTokens == text.windows.count * 7)
    // One character is one or more tokens, so no window covers more than all of them decode to.
    let all = tokenizer.decode(Array(text.windows.joined())).unicodeScalars.count
    #expect(text.characters.reduce(0, +) < all)
    #expect(text.characters.allSatisfy { $0 > 0 })
    let capped = try EvaluationText(from: source, tokenizer: tokenizer, context: 8, maxTokens: 24)
    #expect(capped.windows == Array(text.windows.prefix(3)))
    let error = #expect(throws: InputError.self) {
      try EvaluationText(from: source, tokenizer: tokenizer, context: 8, maxTokens: 7)
    }
    #expect(error?.kind == .usage)
  }

  @Test(
    "the reference windows of the demo model",
    .enabled(if: Repository.hasSharedData))
  func referenceWindows() throws {
    let url = Repository.sharedData.appendingPathComponent("heldout-wiki.jsonl")
    let tokenizer = try Tokenizer(directory: Repository.demoModel)
    let text = try EvaluationText(
      from: url, tokenizer: tokenizer, context: 512, maxTokens: 32 * 512)
    #expect(text.windows.count == 32)
    #expect(text.windows[0][0] == tokenizer.bosTokenID)
  }
}
