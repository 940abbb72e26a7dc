import Analysis
import Basics
import Calib
import CalibStore
import Compute
import Foundation
import Model
import Results
import Tensor
import Tokenizers

/// What a sweep, or a single quantization, reads before it starts: the model, the calibration
/// windows, the held-out windows.
public struct SweepInputs: Sendable {
  /// The base model's folder; a name on the Hub is its folder in the cache.
  public let modelDirectory: URL
  /// The base model's tensors.
  public let weights: ModelWeights
  /// The base model.
  public let decoder: Decoder
  /// The calibration set's name, as in sweep.yaml.
  public let calibrationName: String
  /// The calibration set.
  public let calibration: CalibrationSet
  /// The held-out domains, the main one first, and the tasks behind them.
  public private(set) var domains: [HeldoutDomain]
  /// The prompts behind which next tokens are looked at; nil: none.
  public private(set) var prompts: PromptSet?
  /// The file of each domain, as it was given.
  public let heldoutFiles: [String]
  /// The domains whose text the calibration set holds, too.
  public let overlaps: [HeldoutOverlap]
  /// What was unusual of the folder and the texts as they were read, a sentence each.
  let readingNotes: [String]
  /// Who does the arithmetic.
  public let engine: any Engine
  /// How many experts' Hessians a pass has in memory at once, as its `MemoryPlan` says.
  public var groupsAtOnce = Int.max

  /// Opens everything, and checks that it belongs together. Linears have the names of `convention`
  /// where that is given.
  public init(
    model: String, calibration: String, heldout: [String], context: Int, heldoutTokens: Int,
    convention: ModelNames.Convention? = nil, engine: any Engine
  ) throws(InputError) {
    self.engine = engine
    heldoutFiles = heldout
    modelDirectory = try HubCache().model(model)
    decoder = try Decoder(directory: modelDirectory, convention: convention, engine: engine)
    weights = try ModelWeights(
      SafetensorsDirectory(modelDirectory), names: decoder.config.description.names)
    let tokenizer = try Tokenizer(directory: modelDirectory)
    let calibrationURL = URL(fileURLWithPath: calibration)
    calibrationName = calibrationURL.lastPathComponent
    var notes = weights.files.notes
    self.calibration = try CalibrationSet.load(
      from: calibrationURL, modelDirectory: modelDirectory, notes: &notes)
    try tokenizer.check(
      self.calibration.windows, of: calibrationName, fit: decoder.config)
    domains = try [HeldoutDomain](
      reading: heldout, tokenizer: tokenizer, model: decoder.config, context: context,
      maxTokens: heldoutTokens
    ) { notes.append($0) }
    readingNotes = notes
    overlaps = zip(domains, heldout).compactMap { [calibration = self.calibration] in
      HeldoutOverlap($0, file: $1, calibration: calibration)
    }
  }

  /// The held-out texts among the domains.
  public var texts: [HeldoutDomain] { domains.filter { $0.answers == nil } }

  /// Adds the questions of `tasks` as domains.
  ///
  /// - Throws: an error where a file is no task, its answers are no closed set, or its name is another
  ///   domain's.
  mutating func add(_ tasks: TaskFiles) throws(InputError) {
    guard !tasks.files.isEmpty else { return }
    let tokenizer = try Tokenizer(directory: modelDirectory)
    for path in tasks.files {
      let task = try EvaluationTask(contentsOf: URL(fileURLWithPath: path))
      let questions = try ChoiceQuestions(
        task, shots: tasks.shots, limit: tasks.samples, tokenizer: tokenizer)
      guard !domains.contains(where: { $0.name == task.name }) else {
        throw InputError(
          .usage, asked: "evaluate on \(path)", found: "two domains named \(task.name)",
          hint: "a domain is named after its file: rename one, or leave it out")
      }
      try tokenizer.check(questions.domain.windows, of: path, fit: decoder.config)
      domains.append(questions.domain)
    }
  }

  /// Adds the prompts `texts`, or where they are nil the usual ones that fit.
  ///
  /// - Throws: an error where one of `texts` has no token, or more than `context`.
  mutating func add(prompts texts: [String]?, context: Int) throws(InputError) {
    let tokenizer = try Tokenizer(directory: modelDirectory)
    let found =
      try texts.map { texts throws(InputError) in
        try PromptSet(texts, tokenizer: tokenizer, model: decoder.config, context: context)
      } ?? PromptSet(usualFor: tokenizer, model: decoder.config, context: context)
    prompts = found.prompts.isEmpty ? nil : found
  }

  /// The pass over these inputs.
  public var pass: OnePass {
    var pass = OnePass(
      decoder: decoder, engine: engine, calibration: calibration.windows, domains: domains)
    pass.groupsAtOnce = groupsAtOnce
    return pass
  }

  /// What a study of these inputs records.
  public func environment(
    context: Int, heldoutTokens: Int
  ) throws(InputError) -> StudyEnvironment {
    var environment = StudyEnvironment()
    environment.toolVersion = ToolVersion.current
    environment.engine = engine.summary
    environment.machine = MachineSummary.current
    environment.model = HubSnapshot.name(of: modelDirectory)
    environment.modelRevision = HubSnapshot(modelDirectory)?.commit ?? ""
    environment.modelHash = try modelHash()
    environment.parameters = weights.files.parameterCount
    environment.quantizedParameters = decoder.config.linearParameters
    environment.baseSizeBytes = weights.files.byteCount
    environment.calibration = calibrationName
    environment.calibrationHash = calibration.hash
    environment.calibrationSamples = calibration.windows.count
    environment.calibrationTokens = calibration.tokenCount
    environment.calibrationStatistics = SetStatistics(calibration)
    environment.domains = domains.map(\.name)
    environment.heldoutHash = Self.hash(of: domains)
    environment.heldoutOverlaps = overlaps
    environment.context = context
    environment.heldoutTokens = heldoutTokens
    environment.started = Date.now.ISO8601Format()
    return environment
  }

  /// Refuses a model, or a calibration set where `calibration` is compared, that is not the one
  /// which `study` was made with: its trials would not come out again.
  public func check(against study: StudyEnvironment, calibration isCompared: Bool)
    throws(InputError)
  {
    var pairs = [("model", study.modelHash, try modelHash())]
    if isCompared { pairs.append(("calibration", study.calibrationHash, calibration.hash)) }
    for (name, old, new) in pairs where old != new {
      throw InputError(
        .usage, asked: "make a trial's checkpoint with another \(name)",
        found: "\(name) was \(old.prefix(16)) in its study, now it is \(new.prefix(16))",
        hint: name == "model"
          ? "give the model of the study"
          : "go back to that set, or name another by --calibration")
    }
  }

  /// SHA-256 over config.json and every weight file.
  func modelHash() throws(InputError) -> String { try Self.hash(of: weights.files) }

  /// SHA-256 over the token ids of `domains`.
  public static func hash(of domains: [HeldoutDomain]) -> String {
    SHA256.hexDigest(of: domains.flatMap { $0.windows.flatMap(\.littleEndianBytes) })
  }

  /// SHA-256 over the config.json beside some weights, and over their files: which model it is.
  public static func hash(of weights: SafetensorsDirectory) throws(InputError) -> String {
    let config = try? Data(contentsOf: weights.url.appendingPathComponent("config.json"))
    var parts = [SHA256.hexDigest(of: config ?? Data())]
    for file in weights.files { parts.append(try file.hexDigest()) }
    return SHA256.hexDigest(of: Array(parts.joined().utf8))
  }
}
