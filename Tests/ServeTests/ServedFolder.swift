import Analysis
import Basics
import Foundation
import GPTQ
import Report
import Results
import Serve
import Sweep
import TestSupport

/// A folder of studies to serve.
struct ServedFolder {
  let folder: URL

  /// Two GPTQ trials and a base, with a domain whose name is hard for CSV, HTML and JSON alike.
  static func results(model: String = "demo") -> StudyResults {
    var environment = StudyEnvironment()
    environment.model = model
    environment.domains = ["wiki, \"<b>\"\n日本"]
    environment.started = "2026-01-02T03:04:05Z"
    func evaluation(_ perplexity: Double) -> Evaluation {
      var evaluation = Evaluation(domain: environment.domains[0])
      evaluation.tokensScored = 511
      (evaluation.perplexity, evaluation.perplexityStderr) = (perplexity, 0.5)
      evaluation.nllPerToken = log(perplexity)
      (evaluation.kldMean, evaluation.kldStderr) = (0.05, 0.001)
      return evaluation
    }
    let trials = [0.01, 0.1].enumerated().map { number, damp in
      var config = TrialConfig()
      config.quantize.dampPercent = damp
      var trial = TrialResult(number: number, config: config, companion: nil)
      trial.state = .complete
      (trial.bitsPerWeight, trial.sizeBytes) = (4.22, 9_000_000)
      trial.hiddenErrors = [0.125, 0.25]
      trial.evaluations = [evaluation(61 + damp)]
      trial.modules = (0..<2).map { layer in
        var module = ModuleResult(layer: layer, module: "self_attn.q_proj")
        module.relativeErrorHeldout = 0.001 * Double(layer + 1)
        module.relativeErrorCalibration = layer == 0 ? .nan : .infinity
        module.hiddenError = trial.hiddenErrors[layer]
        return module
      }
      return trial
    }
    return StudyResults(environment: environment, base: [evaluation(59.5)], trials: trials)
  }

  func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

  /// Writes a study of that name.
  @discardableResult
  func add(_ name: String, _ results: StudyResults = results()) throws -> URL {
    try StudyMerge.write(results, to: url(name), replacing: true)
    return url(name)
  }

  /// The site of the folder, or of one of its studies.
  func site(_ name: String? = nil, hosts: [String] = []) throws -> Site {
    Site(
      try ServedStudies(name.map { url($0).path } ?? folder.path), address: "127.0.0.1",
      hosts: hosts)
  }

  /// Makes a folder for `body` and removes it again.
  static func with(_ body: (ServedFolder) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("tenbin-serve-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(ServedFolder(folder: folder))
  }
}

extension Site {
  /// The answer to a GET of `target` from a browser on this machine.
  func get(_ target: String, ifNoneMatch tag: String? = nil) async -> Response {
    await answer(RequestHead(target: target, host: "localhost:8642", ifNoneMatch: tag))
  }
}

extension Response {
  var text: String { String(decoding: body, as: UTF8.self) }
}
