import Analysis
import ArgumentParser
import Basics
import Compute
import Foundation
import Model
import Report
import Tokenizers

extension EvaluateCommand {
  struct Tasks: ParsableCommand {
    /// What of the answers is printed.
    enum Show: String, ExpressibleByArgument, CaseIterable {
      case summary, items
    }

    /// How a model answers.
    enum Answers: String, ExpressibleByArgument, CaseIterable {
      /// It writes them, token by token.
      case generated
      /// Of a closed set, the one with the largest log-likelihood.
      case likeliest
    }

    static let configuration = CommandConfiguration(
      abstract: "Questions with right answers, to a model alone or beside its base.",
      discussion: """
        A task is a JSON file of llm-jp-eval, whose answers the model writes (greedily) and the file's
        metrics score, or JGLUE's JCommonsenseQA or JNLI as JSON lines, of which the likeliest label is
        taken; --answers says otherwise. The prompt is llm-jp-eval's, or with --chat Nejumi's through
        the model's chat template. With --base both models answer; differences are tested (McNemar)
        and bootstrapped over the questions.

        Examples:
          tenbin evaluate tasks MODEL_DIR --data jcommonsenseqa.jsonl jnli.jsonl
          tenbin evaluate tasks INT4_DIR --base BASE_DIR --data jsquad.json --shots 2
          tenbin evaluate tasks INT4_DIR --base BASE_DIR --data jnli.json --show items
          tenbin evaluate tasks INT4_DIR --base BASE_DIR --data jnli.json \\
            --output-results results.json
          tenbin evaluate tasks CHAT_DIR --data jsquad.json --chat \\
            --output-answers answers.jsonl
        """)

    @Argument(
      help: "The model's folder or its name on the Hub; a GPTQ checkpoint, too.",
      completion: .directory)
    var model: String
    @Option(help: "The model it was made from, to compare with.", completion: .directory)
    var base: String?
    @Option(parsing: .upToNextOption, help: "Task files: .json of llm-jp-eval, .jsonl of JGLUE.")
    var data: [String]
    @Option(
      help: ArgumentHelp(
        "generated (written by the model) or likeliest (of the labels).",
        discussion:
          "Default: likeliest where all files are JGLUE's lines of labels, else generated."
      ))
    var answers: Answers?
    @Option(help: "Solved examples before each question, the first of the file.")
    var shots = 0
    @Option(help: "Ask no more than this many questions of each file.")
    var maxSamples: Int?
    @Flag(help: "Ask as Nejumi does, through the model's chat template.")
    var chat = false
    @Option(help: "Answers that are written together.")
    var batch = 16
    @Option(help: "summary, or items: a row a question.")
    var show = Show.summary
    @Option(help: "Also write the generated answers to this file, a JSON object a line.")
    var outputAnswers: String?
    @Option(help: "Also write the scores to this file, in the layout of lm-eval's results.")
    var outputResults: String?
    @OptionGroup var replace: ReplaceOption
    @OptionGroup var compute: ComputeOptions
    @Option(help: "table, json, csv or markdown.")
    var format = OutputFormat.table

    func validate() throws {
      if let maxSamples, maxSamples < 1 {
        throw ValidationError("--max-samples \(maxSamples): allowed is 1 or more")
      }
      guard (1...1024).contains(batch) else {
        throw ValidationError("--batch \(batch): allowed is 1 to 1024")
      }
    }

    func run() throws {
      var files = replace.files(reading: [model, base] + data)
      let output = try outputAnswers.map {
        try files.output($0, .answers, option: "--output-answers")
      }
      let target = try outputResults.map {
        try files.output($0, .results, option: "--output-results")
      }
      let tasks = try data.map { try EvaluationTask(contentsOf: URL(fileURLWithPath: $0)) }
      let sizes = tasks.map(\.samples.count)
      let scores: [LMEvalResults.Task]
      let areLabels = zip(data, tasks).allSatisfy { $0.hasSuffix(".jsonl") && $1.isChoice }
      let answers = answers ?? (areLabels && !chat && output == nil ? .likeliest : .generated)
      let table: Table
      switch answers {
      case .likeliest:
        guard !chat, output == nil else {
          throw InputError(
            .usage, asked: "\(chat ? "--chat" : "--output-answers") with --answers likeliest",
            found: "labels that are scored behind llm-jp-eval's prompt, and nothing written",
            hint: "give --answers generated, or leave that option out")
        }
        let results = try likeliest(tasks)
        scores = zip(results, sizes).map { LMEvalResults.Task($0, of: $1) }
        table =
          switch show {
          case .summary: Table(likeliest: results)
          case .items: Table(likeliestItems: results)
          }
      case .generated:
        let results = try generated(tasks, isWritten: output != nil)
        if let output { try AtomicOutput.write(results.lines, to: output) }
        scores = zip(results, sizes).compactMap { LMEvalResults.Task($0, of: $1) }
        table =
          switch show {
          case .summary: Table(generated: results)
          case .items: Table(generatedItems: results)
          }
      }
      if let target { try write(scores, to: target, areWritten: answers == .generated) }
      try Terminal.print(table, as: format)
    }

    /// Writes the scores as those of the files that were asked.
    private func write(
      _ scores: [LMEvalResults.Task], to target: URL, areWritten: Bool
    ) throws {
      guard !scores.isEmpty else {
        throw InputError(
          .badData, asked: "--output-results \(outputResults ?? "")",
          found: "no task with a metric that is computed here",
          hint: "give tasks with such a metric, or leave --output-results out")
      }
      let hubs = HubCache()
      let convention: AnswerConvention = chat ? .nejumi : .llmJpEval
      let run = LMEvalResults.Run(
        toolVersion: ToolVersion.current, modelHash: try ModelIdentity.hash(hubs.model(model)),
        baseHash: try base.map { try ModelIdentity.hash(hubs.model($0)) },
        prompt: chat ? "Nejumi's messages through the chat template" : "llm-jp-eval 1.3",
        answers: areWritten
          ? "written greedily, scored in the form of \(convention.rawValue)"
          : "the likeliest of the labels")
      let results = LMEvalResults(model: model, tasks: scores, run: run)
      try AtomicOutput.write(results.text(date: Date().timeIntervalSince1970), to: target)
    }

    /// Says where questions with their answers are longer than what the model was made for, and refuses
    /// tokens that it has not.
    private func check(
      _ windows: [[Int32]], longest: Int, of task: EvaluationTask, _ tokenizer: Tokenizer,
      _ config: ModelConfig
    ) throws {
      if let note = config.positionNote(longest, of: "prompts of \(task.name)") {
        Terminal.say("note: \(note)")
      }
      try tokenizer.check(windows, of: task.name, fit: config)
    }

    // MARK: Of the labels, the likeliest

    private func likeliest(_ tasks: [EvaluationTask]) throws -> [LikeliestAnswers] {
      let engine = try compute.engine()
      let directory = try HubCache().model(model)
      let config = try ModelConfig(directory: directory)
      let tokenizer = try Tokenizer(directory: directory)
      let questions = try tasks.map {
        try ChoiceQuestions($0, shots: shots, limit: maxSamples, tokenizer: tokenizer)
      }
      for question in questions {
        let windows = question.domain.windows
        try check(windows, longest: windows.longest, of: question.task, tokenizer, config)
      }
      let answers = try likeliest(directory, questions, engine)
      let bases = try base.map { try likeliest(HubCache().model($0), questions, engine) }
      return questions.indices.map { index in
        LikeliestAnswers(
          questions: questions[index], model: answers[index], base: bases.map { $0[index] })
      }
    }

    private func likeliest(
      _ directory: URL, _ questions: [ChoiceQuestions], _ engine: any Engine
    ) throws -> [ChoiceAnswers] {
      let decoder = try Decoder.open(directory, engine: engine, warn: Terminal.warn)
      let scores = try showingProgress {
        try Scoring(decoder).score(questions.map(\.domain), progress: $0)
      }
      return zip(questions, scores).map { $0.answers($1) }
    }

    // MARK: Written by the model

    private func generated(
      _ tasks: [EvaluationTask], isWritten: Bool
    ) throws -> [WrittenAnswers] {
      let engine = try compute.engine()
      let directory = try HubCache().model(model)
      let config = try ModelConfig(directory: directory)
      let tokenizer = try Tokenizer(directory: directory)
      let template = chat ? try ChatTemplate(directory: directory, option: "--chat") : nil
      let questions = try tasks.map {
        try OpenQuestions(
          $0, shots: shots, limit: maxSamples, template: template, tokenizer: tokenizer)
      }
      for question in questions {
        try check(
          question.windows, longest: question.longest, of: question.task, tokenizer, config)
        guard let other = question.otherMetrics.first else { continue }
        if question.metrics.isEmpty, !isWritten {
          _ = try TaskMetric(named: other, ofTask: question.task.name)
        }
        Terminal.say(
          "note: \(question.otherMetrics.joined(separator: ", ")) of \(question.task.name)"
            + " cannot be computed here; --output-answers writes the answers for who can")
      }
      let answers = try write(directory, questions, tokenizer, engine)
      let bases = try base.map { try write(HubCache().model($0), questions, tokenizer, engine) }
      return questions.indices.map { index in
        WrittenAnswers(
          questions: questions[index], model: answers[index], base: bases.map { $0[index] })
      }
    }

    /// The answers of one model, whose weights are in memory no longer than it takes.
    private func write(
      _ directory: URL, _ questions: [OpenQuestions], _ tokenizer: Tokenizer,
      _ engine: any Engine
    ) throws -> [GeneratedAnswers] {
      let decoder = try Decoder.open(directory, engine: engine, warn: Terminal.warn)
      let room = try DecodingRoom(decoder, questions, batch: batch, name: directory.path)
      if let note = room.note { Terminal.say("note: \(note)") }
      let longest = questions.map(\.longest).max() ?? 0
      let model = try KeptModel(decoder, positions: longest, isKept: room.isKept)
      let decoding = try GreedyDecoding(
        model, batch: batch, endTokens: EndTokens.ids(directory: directory))
      let all = questions.reduce(0) { $0 + $1.windows.count }
      var done = 0
      let clock = ContinuousClock()
      let start = clock.now
      let answers = try showingProgress { progress in
        try questions.map { question in
          defer { done += question.windows.count }
          return try question.answers(decoding, tokenizer: tokenizer) { progress(done + $0, all) }
        }
      }
      let tokens = answers.flatMap(\.continuations).reduce(0) { $0 + $1.tokens.count }
      let seconds = (clock.now - start).seconds
      Terminal.say(
        "\(directory.lastPathComponent) wrote \(tokens) tokens to \(all) prompts in "
          + String(format: "%.1f s, %.0f a second", seconds, Double(tokens) / max(seconds, 1e-9)))
      return answers
    }
  }
}
