import Basics
import Foundation
import Report
import Results

/// A study as /api/studies and /api/status tell of it.
struct StudyStatus: Codable {
  /// Why something cannot be told, in three parts.
  struct Refusal: Codable {
    var asked: String
    var found: String
    var hint: String

    init(_ error: InputError) {
      (asked, found, hint) = (error.asked, error.found, error.hint)
    }
  }

  /// The pass that is under way.
  struct Pass: Codable {
    var number: Int
    var count: Int
    var what: String
    var doing: String
    var layersDone: Int
    var layers: Int
    var share: Double
    var seconds: Double
    /// Seconds that the pass will take from `updated` on; nil while nothing is known of its speed.
    var secondsLeft: Double?
    /// Seconds since 1970.
    var updated: Double
  }

  /// A trial.
  struct Trial: Codable {
    var trial: Int
    var role: String
    var settings: String
    var state: String
    var layers: Int
    var hiddenError: Double?
    var perplexity: Double?
  }

  var study: String
  /// empty, running, stopped, finished; unreadable where `error` says why.
  var phase: String
  var model: String?
  var started: String?
  var summary: String?
  var counts: [String: Int] = [:]
  var layers: Int?
  var pass: Pass?
  var trials: [Trial]?
  var error: Refusal?
  /// Versions of the page's two parts, by which it knows whether it is up to date.
  var report: String?
  var live: String?

  init(study: String, phase: String) {
    (self.study, self.phase) = (study, phase)
  }

  init(_ entry: ServedPage.Entry, withTrials: Bool = false) {
    self.init(study: entry.name, phase: "unreadable")
    switch entry.progress {
    case .failure(let error): self.error = Refusal(error)
    case .success(let progress):
      phase = "\(progress.phase)"
      (model, started) = (progress.environment.model, progress.environment.started)
      summary = progress.summary(now: Date.now.timeIntervalSince1970)
      for (state, count) in progress.counts { counts[state.rawValue] = count }
      layers = progress.layers
      pass = progress.pass.map(Pass.init)
      if withTrials {
        let names = TrialNames(progress.trials)
        trials = progress.trials.map { trial in
          Trial(
            trial: trial.number, role: trial.role.rawValue, settings: names.name(trial),
            state: progress.state(of: trial).rawValue, layers: trial.hiddenErrors.count,
            hiddenError: trial.hiddenErrors.last.flatMap { $0.isFinite ? $0 : nil },
            perplexity: trial.evaluations.first.flatMap {
              $0.perplexity.isFinite ? $0.perplexity : nil
            })
        }
      }
    }
  }

  /// `value` as JSON, names in snake_case.
  static func json(_ value: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(value) + Data("\n".utf8)
    } catch {
      preconditionFailure("a status holds a number that JSON does not: \(error)")
    }
  }
}

extension StudyStatus.Pass {
  init(_ pass: PassProgress) {
    (number, count, what, doing) = (pass.number, pass.count, pass.what, pass.doing)
    (layersDone, layers) = (pass.layersDone, pass.layers)
    (share, seconds, updated) = (pass.share, pass.seconds, pass.updated)
    secondsLeft = ProgressText.secondsLeft(
      share: pass.share, own: pass.own, seconds: pass.seconds)
  }
}
