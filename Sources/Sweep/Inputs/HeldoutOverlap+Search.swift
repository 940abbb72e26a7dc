import Analysis
import Basics
import Calib
import Foundation
import Results

extension HeldoutOverlap {
  /// A share of common runs above this is no accident: other articles of one encyclopedia have 0.02 %.
  private static let accident = 0.01

  /// What `calibration` holds of the text of `domain`, read from `file`; nil where that is no more than
  /// chance.
  init?(_ domain: HeldoutDomain, file: String, calibration: CalibrationSet) {
    let share = TokenRuns(domain.windows).share(in: calibration.windows)
    let isSource = calibration.sources.contains { $0.isFile(at: URL(fileURLWithPath: file)) }
    guard isSource || share > Self.accident else { return nil }
    self.init(domain: domain.name, share: share, isSource: isSource)
  }
}

extension SourceRecord {
  /// Whether this source is the file at `url`: the same path, or the same bytes.
  fileprivate func isFile(at url: URL) -> Bool {
    let own = HubCache().url(of: name)
    if own.resolvingSymlinksInPath().path == url.resolvingSymlinksInPath().path { return true }
    let size = (try? FileManager.default.attributesOfItem(atPath: url.path))?[.size] as? Int
    // As much as the set's build read at most.
    guard isWhole, size == bytesRead, bytesRead < 1 << 30,
      let data = try? InputFile.data(url, asked: "", missing: "")
    else { return false }
    return SHA256.hexDigest(of: data) == sha256
  }
}
