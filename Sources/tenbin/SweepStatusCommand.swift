import ArgumentParser
import Basics
import Foundation
import Report
import Results
import Sweep

/// `tenbin sweep status`: how far a study has come.
struct SweepStatus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "How far each trial of a study has come.",
    discussion: """
      Reads only, also while a sweep writes the study. --follow goes on until the sweep ends; `tenbin serve` \
      shows the same in a browser.

      Examples:
        tenbin sweep status study.sqlite
        tenbin sweep status study.sqlite --follow
        tenbin sweep status study.sqlite --format json
      """)

  @OptionGroup var options: StudyOptions

  @Flag(help: "Show it again whenever it changes, until no process is at work on the study.")
  var follow = false

  func run() throws {
    let url = URL(fileURLWithPath: options.study)
    var progress = try Study(viewing: url).progress()
    if follow { progress = try followed(url, from: progress) }
    Terminal.say(progress.summary(now: Date.now.timeIntervalSince1970))
    try Terminal.print(ProgressTable.table(progress, as: options.format), as: options.format)
  }

  /// Shows how far the study has come until nobody is at work on it, and returns the end.
  private func followed(_ url: URL, from first: StudyProgress) throws -> StudyProgress {
    var progress = first
    var stamp = StudyStamp(url)
    let view = FollowedStudy()
    while progress.phase == .running {
      view.show(progress)
      Thread.sleep(forTimeInterval: 1)
      let latest = StudyStamp(url)
      if latest != stamp || !Study.isBeingWritten(url) {
        stamp = latest
        progress = try Study(viewing: url).progress()
      }
    }
    view.clear()
    return progress
  }
}
