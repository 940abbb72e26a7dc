import Analysis
import GPTQ
import Report
import Results
import Testing

@Suite("Progress of a study in words and tables")
struct StudyProgressTests {
  /// Three trials of a pass: one on its way, one stopped in it, one that an earlier pass finished.
  static func progress(isRunning: Bool = true) -> StudyProgress {
    var trials = (0..<3).map { number in
      var config = TrialConfig()
      config.quantize.dampPercent = [0.01, 0.1, 0.5][number]
      return TrialResult(number: number, config: config, companion: nil)
    }
    trials[0].state = .complete
    trials[0].hiddenErrors = [0.1, 0.2, 0.3, 0.4]
    var evaluation = Evaluation(domain: "wiki")
    (evaluation.perplexity, evaluation.perplexityStderr) = (61.25, 0.5)
    trials[0].evaluations = [evaluation]
    trials[1].hiddenErrors = [0.1, 0.5]
    trials[2].hiddenErrors = [0.9]
    var pass = PassProgress(number: 2, count: 3, what: "the trials", layers: 4, trials: [1, 2])
    (pass.layersDone, pass.stopped) = (2, [2])
    (pass.share, pass.own, pass.seconds, pass.updated) = (0.5, 0.25, 100, 1000)
    return StudyProgress(
      environment: StudyEnvironment(), trials: trials, pass: pass, isRunning: isRunning)
  }

  @Test("a running pass has its number, its layer and the time that is left")
  func running() {
    let progress = Self.progress()
    #expect(progress.phase == .running)
    #expect(
      progress.summary(now: 1010)
        == "1 complete, 1 running, 1 pruned; pass 2 of 3: the trials, layer 3 of 4;"
        + " 50 %  1:50  ETA 3:10")
    #expect(progress.summary(now: 1300).hasSuffix("ETA 0:00  (last heard of 5 min ago)"))
  }

  @Test("what nobody works on is stopped, and what has come to its end is estimated no more")
  func ends() {
    var progress = Self.progress(isRunning: false)
    #expect(progress.phase == .stopped)
    #expect(
      progress.summary(now: 1010)
        == "1 complete, 1 running, 1 pruned; pass 2 of 3: the trials, layer 3 of 4;"
        + " stopped: the same command goes on with it")
    progress.pass?.layersDone = 4
    #expect(progress.summary(now: 0).contains("all 4 layers done, scoring"))
    progress.pass = nil
    #expect(progress.phase == .stopped)
    #expect(
      progress.summary(now: 0).hasSuffix("nobody is at work: the same sweep run goes on with it"))
    progress.trials = [progress.trials[0]]
    #expect(progress.phase == .finished)
    #expect(progress.summary(now: 0) == "1 complete: every trial has come to its end")
    progress.trials = []
    #expect(
      progress.summary(now: 0)
        == "no trials: tenbin sweep run writes them before its first layer")
  }

  @Test("the table has running trials first and layers of the model; programs get numbers")
  func table() {
    let progress = Self.progress()
    let table = ProgressTable.table(progress, as: .table).render(as: .table)
    #expect(
      table == """
        trial  role    settings             state     layers    perplexity
        ─────  ──────  ───────────────────  ────────  ──────  ────────────
            1  search  int4 g128 damp 0.1   running   2 of 4             –
            0  search  int4 g128 damp 0.01  complete  4       61.25 ± 0.50
            2  search  int4 g128 damp 0.5   pruned    1 of 4             –

        """, "\(table)")
    #expect(
      ProgressTable.table(progress, as: .csv).render(as: .csv) == """
        trial,role,settings,state,layers,layers_of_model,perplexity,perplexity_stderr
        0,search,int4 g128 damp 0.01,complete,4,4,61.25,0.5
        1,search,int4 g128 damp 0.1,running,2,4,,
        2,search,int4 g128 damp 0.5,pruned,1,4,,

        """)
  }

  @Test("a table that is too wide leaves columns out by rank, and says which")
  func width() {
    let table = ProgressTable.table(Self.progress(), as: .table)
    #expect(table.text(within: 200) == table.render(as: .table))
    let narrow = table.text(within: 52)
    #expect(narrow.hasPrefix("trial  settings             state     layers\n"), "\(narrow)")
    #expect(
      narrow.hasSuffix("not shown for want of room: role, perplexity; --format csv has all\n"))
    let columns = narrow.split(separator: "\n").dropLast()
    #expect(columns.allSatisfy { $0.count <= 52 })
    // What a reader must have stays, however narrow it is.
    #expect(table.text(within: 10).contains("int4 g128 damp 0.5"))
  }

  @Test("a text is cut to columns of a terminal, not to characters")
  func prefix() {
    #expect("天秤 tenbin".prefix(displayWidth: 5) == "天秤 ")
    #expect("天秤".prefix(displayWidth: 3) == "天")
    #expect("abc".prefix(displayWidth: 9) == "abc")
  }
}
