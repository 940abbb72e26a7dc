import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Report
import Results
import Sweep
import Tensor
import TestSupport
import Testing

@Suite("A sweep on an engine from outside Compute", .serialized)
struct RemoteSweepTests {
  /// The whole demo sweep, its CSVs compared byte by byte. Run it alone
  /// (--filter RemoteSweep): other tests change the number of BLAS threads meanwhile.
  private static let isLong = ProcessInfo.processInfo.environment["TENBIN_LONG_TESTS"] != nil

  private static func sweep(_ folder: URL) throws -> SweepFile {
    let corpus = Repository.corpus.path
    let text = """
      method: grid
      metric: {name: heldout-wiki.perplexity, goal: minimize}
      parameters:
        bits: {values: [4, 8]}
        group_size: {values: \(isLong ? "[64, 128]" : "[128]")}
        damp_percent: {values: \(isLong ? "[0.001, 0.01, 0.1]" : "[0.01]")}
        desc_act: {value: true}
        packer: {values: [exact, autogptq-bf16]}
        propagation: {value: shared}
        calibration_draws: {value: \(isLong ? 3 : 0)}
        confirm: {value: \(isLong ? 3 : 0)}
        model: {value: \(Repository.demoModel.path)}
        calibration: {value: \(folder.appendingPathComponent("calibration.jsonl").path)}
        heldout: {value: [\(corpus)/heldout-wiki.jsonl, \(corpus)/heldout-instruct.jsonl]}
        context: {value: 128}
        heldout_tokens: {value: \(isLong ? 4096 : 256)}
      """
    let url = folder.appendingPathComponent("sweep.yaml")
    try text.write(to: url, atomically: true, encoding: .utf8)
    return try SweepFile(contentsOf: url)
  }

  private static func results(
    _ folder: URL, _ name: String, _ engine: any Engine
  ) throws -> StudyResults {
    let study = try Study(folder.appendingPathComponent("\(name).sqlite"))
    try SweepRun(try sweep(folder), engine: engine).run(into: study)
    return try study.results()
  }

  @Test(
    "gives the CPU's own CSVs, also where layers and codes come in beside its work",
    arguments: [false, true])
  func sameResults(beside isBeside: Bool) throws {
    try withTemporaryDirectory { folder in
      let corpus = try String(
        contentsOf: Repository.corpus.appendingPathComponent("heldout-instruct.jsonl"),
        encoding: .utf8)
      try corpus.split(separator: "\n").prefix(Self.isLong ? .max : 12).joined(separator: "\n")
        .write(
          to: folder.appendingPathComponent("calibration.jsonl"), atomically: true, encoding: .utf8)
      // Other tests of the process make engines, which decide the threads anew.
      let (expected, found) = try WorkingThreads.fixed(2) {
        (
          try Self.results(folder, "cpu", CPUEngine()),
          try Self.results(folder, "remote", RemoteEngine(loadsAhead: isBeside))
        )
      }
      let pairs = [
        (TrialsCSV.text(expected), TrialsCSV.text(found), TrialsCSV.timeColumns),
        (EvaluationsCSV.text(expected), EvaluationsCSV.text(found), []),
        (LayersCSV.text(expected), LayersCSV.text(found), LayersCSV.timeColumns),
      ]
      for (expected, found, times) in pairs {
        let (expected, found) = (table(expected, without: times), table(found, without: times))
        #expect(expected.count == found.count && expected.count > 2)
        #expect(expected == found)
      }
    }
  }

  @Test("a checkpoint that is written beside the work has the same bytes")
  func checkpoint() throws {
    try withTemporaryDirectory { folder in
      let set = folder.appendingPathComponent("calibration.jsonl")
      let corpus = try String(
        contentsOf: Repository.corpus.appendingPathComponent("heldout-instruct.jsonl"),
        encoding: .utf8)
      try corpus.split(separator: "\n").prefix(3).joined(separator: "\n")
        .write(to: set, atomically: true, encoding: .utf8)
      var config = TrialConfig()
      config.quantize.descAct = true
      config.propagation = .quantized
      func written(_ name: String, _ engine: any Engine) throws -> Data {
        let output = folder.appendingPathComponent(name)
        let inputs = try SweepInputs(
          model: Repository.demoModel.path, calibration: set.path, heldout: [], context: 2,
          heldoutTokens: 2, engine: engine)
        _ = try inputs.quantize(config, options: CheckpointOptions(output: output))
        return try Data(contentsOf: output.appendingPathComponent("model.safetensors"))
      }
      let (expected, found) = try WorkingThreads.fixed(2) {
        (try written("cpu", CPUEngine()), try written("beside", RemoteEngine(loadsAhead: true)))
      }
      #expect(expected == found && expected.count > 1_000_000)
    }
  }

  @Test("what has no room between two stages is made again, and is the same")
  func madeAgain() throws {
    let windows: [[Int32]] = (0..<3).map { (window: Int) -> [Int32] in
      (0..<1100).map { Int32(($0 * 37 + window * 11) % 8000) }
    }
    func results(_ engine: any Engine) throws -> (Matrix<Float>, [TrialResult]) {
      try withTemporaryDirectory { folder in
        try PlantedModel(layers: 1).write(to: folder)
        let decoder = try Decoder(directory: folder, engine: engine)
        var trial = TrialConfig(quantize: QuantizeConfig())
        trial.propagation = .quantized
        let pass = OnePass(
          decoder: decoder, engine: engine, calibration: windows,
          domains: [
            HeldoutDomain(name: "held", windows: [Array(windows[0][..<200])], characters: 1)
          ])
        let trials = try pass.run([TrialResult(number: 0, config: trial, companion: nil)]).trials
        return (try decoder.logits([Array(windows[1][..<50])]), trials)
      }
    }
    let (expected, found) = try WorkingThreads.fixed(2) {
      (try results(CPUEngine()), try results(RemoteEngine(keepsInner: false)))
    }
    #expect(found.0 == expected.0)
    #expect(found.1[0].modules.map(\.codesHash) == expected.1[0].modules.map(\.codesHash))
    #expect(
      found.1[0].evaluations.map(\.perplexity) == expected.1[0].evaluations.map(\.perplexity))
  }

  @Test("an engine that takes weights as they are stored refuses NaN as the CPU does")
  func storedWeights() throws {
    try withTemporaryDirectory { folder in
      var writer = try SafetensorsWriter(
        folder.appendingPathComponent("model.safetensors"),
        entries: [.init(name: "w", type: .bf16, shape: [3, 2])])
      try writer.append(FloatFormat.bf16.encode([1, 2, .nan, 4, .infinity, 6]))
      try writer.finish()
      let source = try SafetensorsDirectory(folder)
      for engine in [CPUEngine(), RemoteEngine(takesEncoded: true)] as [any Engine] {
        let good = try source.weight("w", rows: 0..<1, on: engine)
        #expect(engine.download(good) == Matrix(rows: 1, columns: 2, elements: [1, 2]))
        let error = #expect(throws: InputError.self) {
          try source.weight("w", rows: 1..<3, on: engine)
        }
        #expect(
          error?.description == """
            error: load w
              found: 2 values of it are NaN or infinity
              hint: the checkpoint is damaged or was converted with an overflow: download it again
            """)
      }
    }
  }

  @Test("weights go up; codes, errors and diagonals come down; no activation crosses")
  func crossings() throws {
    let engine = RemoteEngine()
    let decoder = try Decoder(directory: Repository.demoModel, engine: engine)
    let model = decoder.config
    // 111, 333 and 77 are no width of this model.
    let calibration: [[Int32]] = (0..<3).map { (window: Int) -> [Int32] in
      (0..<111).map { Int32(($0 * 37 + window * 11) % 8000) }
    }
    let heldout = (0..<77).map { Int32(($0 * 29) % 8000) }
    let domain = HeldoutDomain(name: "held", windows: [heldout], characters: 100)
    var trials: [TrialResult] = []
    for packer in [Packer.exact, .autogptqBF16] {
      for propagation in [TrialConfig.Propagation.shared, .quantized] {
        var quantize = QuantizeConfig()
        (quantize.bits, quantize.groupSize, quantize.descAct) = (4, 64, true)
        var config = TrialConfig(quantize: quantize)
        (config.packer, config.propagation) = (packer, propagation)
        trials.append(TrialResult(number: trials.count, config: config, companion: nil))
      }
    }
    let watcher = LayerCrossings(engine)
    let pass = OnePass(
      decoder: decoder, engine: engine, calibration: calibration, domains: [domain])
    _ = try pass.run(trials, observers: [watcher])

    #expect(watcher.layers.count == model.layers)
    for (index, crossings) in watcher.layers.enumerated() {
      let layer = model.layer(index)
      var expected: [RemoteEngine.Crossing: Int] = [:]
      func expect(_ crossing: RemoteEngine.Crossing, _ count: Int = 1) {
        expected[crossing, default: 0] += count
      }
      for (_, shape) in layer.tensors {
        expect(.matrixUp(rows: shape.count > 1 ? shape[0] : 1, columns: shape.last ?? 0))
      }
      // Cosines and sines.
      let half = (layer.attention?.rope.headDimension ?? 0) / 2
      expect(.matrixUp(rows: 111, columns: half), 2)
      for stage in layer.stages {
        // One Hessian and one factor for the trials on the base's inputs, one each for the two others.
        for group in stage.groups { expect(.diagonalDown(group.columns), 6) }
        for linear in stage.linears {
          let groups = linear.columns / 64
          // The two trials on the base's inputs, which differ in their packers, and the two others.
          expect(.codesDown(rows: linear.rows, columns: linear.columns, groups: groups), 4)
          expect(.codesUp(rows: linear.rows, columns: linear.columns, groups: groups), 2)
        }
      }
      var numbers = 0
      var others: [RemoteEngine.Crossing: Int] = [:]
      for (crossing, count) in crossings {
        if case .numbersDown(let each) = crossing {
          numbers += each * count
        } else {
          others[crossing] = count
        }
      }
      #expect(others == expected, "layer \(index)")
      let bytes = { (all: [RemoteEngine.Crossing: Int]) in
        all.reduce(0) { $0 + $1.key.bytes * $1.value }
      }
      #expect(bytes(others) == bytes(expected))
      // Errors, losses and counts: about twenty numbers for a linear of a trial.
      #expect(numbers > 0 && numbers < 40 * layer.linears.count * trials.count)
    }
    // Above the last layer: tiles of lm_head up, statistics of tokens down.
    for crossing in engine.takeCrossings().keys {
      switch crossing {
      case .matrixUp(let rows, let columns):
        #expect(rows <= 8192 && columns == model.hiddenSize)
      case .statisticsDown(let tokens): #expect(tokens == 76)
      default: Issue.record("\(crossing) above the last layer")
      }
    }
  }

  /// Cells row by row, without some columns.
  private func table(_ csv: String, without times: [String]) -> [[String]] {
    let rows = csv.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let kept = (rows.first ?? []).indices.filter { !times.contains(rows[0][$0]) }
    return rows.map { row in kept.filter(row.indices.contains).map { row[$0] } }
  }
}

/// What crosses in each layer.
private final class LayerCrossings: PassObserver {
  private let engine: RemoteEngine
  private(set) var layers: [[RemoteEngine.Crossing: Int]] = []

  init(_ engine: RemoteEngine) { self.engine = engine }

  func starting(after layer: Int) throws(InputError) { _ = engine.takeCrossings() }

  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
    layers.append(engine.takeCrossings())
    return []
  }
}
