import Basics
import Calib
import CalibStore
import Foundation

/// Which windows a side is calibrated on: a set, how many of its windows, and the seed of their draw.
struct CalibrationSpec: Sendable, Hashable {
  /// The set's path; nil is the set that the diagnosis was given.
  var set: String?
  /// Windows drawn from the set; nil is as many as it has.
  var samples: Int?
  /// The seed of the draw.
  var seed: Int?

  /// The windows of one draw of `all`. Draw 0 is what the settings say: without `samples` and `seed`
  /// the set as it is, without a seed its first windows, otherwise a draw without replacement of
  /// `samples` windows. Further draws show what chance had to do with it: other windows where
  /// `samples` leaves a choice, windows drawn with replacement (a bootstrap) where it does not.
  func windows(of all: [[Int32]], draw: Int) -> [[Int32]] {
    let wanted = min(samples ?? all.count, all.count)
    if draw == 0, seed == nil { return Array(all.prefix(wanted)) }
    // Other seeds give other draws; equal ones share theirs, so that both sides stay paired.
    return all.drawn(wanted, seed: (seed ?? 0) &* 0x9E37_79B9 &+ draw)
  }
}

/// The calibration windows of a diagnosis: every set that a side names, and the streams that a pass
/// needs of them.
struct CalibrationStreams: Sendable {
  /// A draw of a spec.
  struct Key: Sendable, Hashable {
    var spec: CalibrationSpec
    var draw: Int
  }

  private let sets: [String: [[Int32]]]
  private let common: [[Int32]]

  /// Opens the sets that `specs` name; `common` are the windows of the set that the diagnosis was
  /// given.
  init(
    _ specs: [CalibrationSpec], common: [[Int32]], modelDirectory: URL
  ) throws(InputError) {
    var sets: [String: [[Int32]]] = [:]
    for path in specs.compactMap(\.set) where sets[path] == nil {
      let set = try CalibrationSet.load(
        from: URL(fileURLWithPath: path), modelDirectory: modelDirectory)
      sets[path] = set.windows
    }
    self.sets = sets
    self.common = common
    for spec in specs {
      let size = windows(of: spec).count
      guard let samples = spec.samples, samples > size else { continue }
      throw InputError(
        .usage, asked: "calibration_samples: \(samples)",
        found: "\(size) windows in \(spec.set ?? "the calibration set")",
        hint: "ask for \(size) or fewer, or build a larger set")
    }
  }

  /// All windows of the set that `spec` draws from.
  func windows(of spec: CalibrationSpec) -> [[Int32]] {
    spec.set.flatMap { sets[$0] } ?? common
  }

  /// The windows of a draw.
  func windows(_ key: Key) -> [[Int32]] {
    key.spec.windows(of: windows(of: key.spec), draw: key.draw)
  }
}
