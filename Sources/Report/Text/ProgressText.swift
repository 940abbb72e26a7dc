/// How far work has come and how long it will take, as a person reads it.
public enum ProgressText {
  /// Seconds of work, and the share of all work done in them, before which nothing is known of its
  /// speed.
  static let evidence = (seconds: 3.0, share: 0.02)

  /// `37 %  1:20  ETA 2:16`. `share` is done of all the work, `own` of it in the last `seconds`: an
  /// earlier run may have done the rest. `since` seconds have gone by after that was so. Without evidence
  /// there is no estimate, `ETA –`.
  public static func figures(
    share: Double, own: Double, seconds: Double, since: Double = 0
  ) -> String {
    let done = min(1, max(0, share))
    let figures = "\(Int(done * 100)) %  \(clock(seconds + since))"
    guard done < 1 else { return figures + "  ETA 0:00" }
    let left = secondsLeft(share: done, own: own, seconds: seconds).map { max(0, $0 - since) }
    return figures + "  ETA \(left.map(clock) ?? "–")"
  }

  /// The seconds that the rest of the work will take; nil without evidence.
  public static func secondsLeft(share: Double, own: Double, seconds: Double) -> Double? {
    guard seconds >= evidence.seconds, own >= evidence.share else { return nil }
    return seconds * (1 - min(1, max(0, share))) / own
  }

  /// `0:07`, `12:34`, `3:05:00`.
  public static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
    let whole = Int(seconds.rounded())
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0
      ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
  }
}
