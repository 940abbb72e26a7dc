import Results

/// How far a study has come, in words.
enum ProgressWords {
  /// How many trials are in which state: `12 complete, 3 running`.
  static func counts(_ progress: StudyProgress) -> Bilingual {
    let parts = progress.counts.map { state, count in
      Bilingual("\(count) \(PageWords.state(state).en)", "\(PageWords.state(state).ja) \(count)")
    }
    return Bilingual(
      parts.map(\.en).joined(separator: ", "), parts.map(\.ja).joined(separator: "、"))
  }

  /// Where the study stands, and what to do where nothing moves.
  static func summary(_ progress: StudyProgress, now: Double) -> Bilingual {
    let counts = counts(progress)
    switch progress.phase {
    case .empty:
      return Bilingual(
        "no trials: tenbin sweep run writes them before its first layer",
        "トライアルはありません（tenbin sweep run が最初の層の前に書き込みます）")
    case .finished:
      return counts
        + Bilingual(
          ": every trial has come to its end", "（すべてのトライアルが終わりました）")
    case .running:
      guard let pass = progress.pass else {
        return counts + Bilingual("; a process has the study open", "（書き込み中のプロセスがあります）")
      }
      return joined(counts, Self.pass(pass), figures(pass, now: now))
    case .stopped:
      guard let pass = progress.pass else {
        return counts
          + Bilingual(
            "; nobody is at work: the same sweep run goes on with it",
            "（実行中のプロセスはありません。同じ sweep run で続きから再開します）")
      }
      return joined(
        counts, Self.pass(pass),
        Bilingual(
          "stopped: the same command goes on with it", "中断しています（同じコマンドで続きから再開します）"))
    }
  }

  /// `pass 1 of 3: the trials, layer 3 of 6`.
  static func pass(_ pass: PassProgress) -> Bilingual {
    let (number, count) = (pass.number, pass.count)
    let layer = min(pass.layersDone + 1, pass.layers)
    let isScoring = pass.layersDone >= pass.layers
    return Bilingual(
      "pass \(number) of \(count): \(pass.what), "
        + (isScoring
          ? "all \(pass.layers) layers done, scoring" : "layer \(layer) of \(pass.layers)"),
      "パス \(number)/\(count)："
        + (isScoring ? "全 \(pass.layers) 層が完了、評価中" : "\(pass.layers) 層中 \(layer) 層目"))
  }

  /// `37 %  1:20  ETA 2:16` of the pass, `now` in seconds since 1970.
  static func figures(_ pass: PassProgress, now: Double) -> Bilingual {
    let since = max(0, now - pass.updated)
    let figures = ProgressText.figures(
      share: pass.share, own: pass.own, seconds: pass.seconds, since: since)
    guard since > 60 else { return Bilingual(figures) }
    let ago = NumberText.duration(since)
    return Bilingual("\(figures)  (last heard of \(ago) ago)", "\(figures)（最終更新 \(ago)前）")
  }

  private static func joined(_ parts: Bilingual...) -> Bilingual {
    Bilingual(
      parts.map(\.en).filter { !$0.isEmpty }.joined(separator: "; "),
      parts.map(\.ja).filter { !$0.isEmpty }.joined(separator: "、"))
  }

  static let running = Bilingual("Running now", "実行中")
  static let stopped = Bilingual("Stopped on the way", "中断")
  static let finished = Bilingual("Finished", "完了")
  static let empty = Bilingual("No trials yet", "トライアルはまだありません")

  /// A word for where a study stands.
  static func phase(_ phase: StudyProgress.Phase) -> Bilingual {
    switch phase {
    case .empty: empty
    case .running: running
    case .finished: finished
    case .stopped: stopped
    }
  }
}

extension StudyProgress {
  /// Where the study stands, in one line; `now` is in seconds since 1970.
  public func summary(now: Double) -> String { ProgressWords.summary(self, now: now).en }
}
