import Basics
import Calib
import Foundation

/// Where a `tenbin run` puts what it makes.
struct RunPlan {
  /// The folder of everything.
  let folder: String

  init(_ folder: String) { self.folder = folder }

  var heldoutSet: String { "\(folder)/heldout.sqlite" }
  var heldout: String { "\(folder)/heldout.jsonl" }
  var set: String { "\(folder)/calibration.sqlite" }
  var sweep: String { "\(folder)/sweep.yaml" }
  var study: String { "\(folder)/study.sqlite" }
  var checkpoint: String { "\(folder)/checkpoint" }
  var report: String { "\(folder)/report.html" }
  var tables: String { folder }

  /// Whether a step has left `path`.
  func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  /// Whether `calibration` is a set, not a text.
  static func isSet(_ calibration: String) -> Bool {
    ["sqlite", "db", "sqlite3"].contains(
      URL(fileURLWithPath: calibration).pathExtension.lowercased())
  }

  /// How many documents of a text are kept apart: a tenth, at least one, at most 64.
  static func heldoutDocuments(of source: String) throws(InputError) -> Int {
    var count = 0
    for name in try HubCache().dataset(source) ?? [source] where count < 640 {
      _ = try SourceFile(name).read(
        onBadRow: { error throws(InputError) in throw error },
        { _ in
          count += 1
          return count < 640
        })
    }
    guard count > 1 else {
      throw InputError(
        .badData, asked: "keep some documents of \(source) apart to measure on",
        found: count == 0 ? "no document in it" : "one document in it",
        hint: "give --heldout with another text")
    }
    return max(1, count / 10)
  }
}
