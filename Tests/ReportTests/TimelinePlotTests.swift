import Foundation
import Report
import Results
import Testing

@Suite("The timeline of a study")
struct TimelinePlotTests {
  /// A study with these steps, and its figure.
  private func figure(_ times: [TimedStep]) throws -> String {
    var study = HTMLReportTests.small.build()
    study.times = times
    return try Page.part("timeline", of: HTMLReport.text(study))
  }

  private func pass(
    _ attempt: Int, _ began: Double, _ ended: Double, what: String = "the trials"
  ) -> TimedStep {
    TimedStep(attempt: attempt, kind: .pass, number: 1, what: what, began: began, ended: ended)
  }

  /// Left and right edge, in pixels of the wide drawing, of every bar with that first line of its tooltip.
  private func bars(_ name: String, _ figure: String) throws -> [ClosedRange<Double>] {
    let wide = try Page.inner("<svg class=\"wide\"", "</svg>", in: figure)
    return wide.matches(
      of: /<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*><title>([^\n]*)\n/
    ).filter { $0.output.3 == name }.map {
      let (left, width) = (Double($0.output.1) ?? .nan, Double($0.output.2) ?? .nan)
      return left...(left + width)
    }
  }

  @Test("what was broken off and gone on with is one lane with a gap, whose length is said")
  func gap() throws {
    let start = 1_795_761_062.25
    let figure = try figure([
      pass(1, start, start + 60), pass(2, start + 7260, start + 7320),
      TimedStep(attempt: 1, kind: .trial, number: 0, began: start, ended: start + 60),
      TimedStep(attempt: 2, kind: .trial, number: 0, began: start + 7260, ended: start + 7320),
    ])
    let (first, second) = (
      try #require(try bars("attempt 1 pass 1", figure).first),
      try #require(try bars("attempt 2 pass 1", figure).first)
    )
    // A minute each is as long as the other; two hours between them are 44 pixels.
    #expect(
      abs(first.upperBound - first.lowerBound - (second.upperBound - second.lowerBound)) < 0.2)
    #expect(abs(second.lowerBound - first.upperBound - 44) < 0.2)
    #expect(figure.contains("Hatched: nothing ran") && figure.contains("中断したパスは"))
    #expect(figure.contains(">2 h 00 min</text>") && figure.contains("class=\"hx\""))
    #expect(figure.contains("<span class=\"whole\">2026-11-27</span> 06:31:02 to 08:33:02 UTC"))
    #expect(figure.contains("began 2026-11-27T06:31:02.250Z\nended 2026-11-27T06:32:02.250Z"))
    #expect(figure.components(separatedBy: ">pass 1: the trials</text>").count == 3)
    #expect(figure.contains("パス 1：トライアル"))
  }

  @Test("shards that ran at the same time have a lane each, and no gap")
  func shards() throws {
    let figure = try figure([pass(1, 1000, 1100), pass(2, 1050, 1150)])
    #expect(figure.components(separatedBy: ">pass 1: the trials</text>").count == 5)
    #expect(!figure.contains("class=\"hx\"") && !figure.contains("Hatched"))
    #expect(!figure.contains("was broken off"))
    let (first, second) = (
      try #require(try bars("attempt 1 pass 1", figure).first),
      try #require(try bars("attempt 2 pass 1", figure).first)
    )
    let scale = first.upperBound - first.lowerBound
    #expect(abs((second.lowerBound - first.lowerBound) / scale - 0.5) < 0.01)
  }

  @Test("trials that began and ended together share a lane; runs of numbers are short")
  func groups() throws {
    let trials = (0..<40).map { number in
      TimedStep(
        attempt: 1, kind: .trial, number: number, began: 1000,
        ended: number == 7 ? 1020 : 1100)
    }
    let figure = try figure([pass(1, 1000, 1100)] + trials)
    #expect(figure.contains(">39 trials: #0–#6, #8–#39</text>") && figure.contains(">#7</text>"))
    let alone = try #require(try bars("attempt 1 trial 7", figure).first)
    let whole = try #require(try bars("attempt 1 pass 1", figure).first)
    let share = (alone.upperBound - alone.lowerBound) / (whole.upperBound - whole.lowerBound)
    #expect(abs(share - 0.2) < 0.01)
  }

  @Test(
    "times that no clock shows are left out; without any the page says why there is no timeline")
  func none() throws {
    var study = HTMLReportTests.small.build()
    study.times = [
      pass(1, .nan, 5), pass(2, 9, 5), pass(3, -1e300, 1e300), pass(4, .infinity, .infinity),
    ]
    let page = HTMLReport.text(study)
    #expect(!page.contains("id=\"timeline\""))
    #expect(try Page.part("absent", of: page).contains("Timeline: the study is of an older tenbin"))
    study.times = [pass(1, 5, 5)]
    try Page.parse(Page.part("timeline", of: HTMLReport.text(study)))
  }
}
