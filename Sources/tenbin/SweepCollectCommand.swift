import ArgumentParser
import Basics
import Foundation
import Report
import Sweep

/// `tenbin sweep collect`: how far a submitted sweep is, and its study.
struct SweepCollect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Tells how far the tasks of a plan are, and joins the studies of those complete.",
    discussion: """
      The joined study is study.sqlite in the plan's folder. A failed task is shown with the last lines \
      of its log; --retry submits again what is not complete and not in the queue.

      Examples:
        tenbin sweep collect plan
        tenbin sweep collect plan --wait
        tenbin sweep collect plan --retry --wait
      """)

  @Argument(help: "The folder that `tenbin sweep submit` wrote.", completion: .directory)
  var plan: String

  @Flag(help: "Wait until no task is running or in the queue.")
  var wait = false

  @Flag(help: "Submit again what failed or was stopped; it goes on where it was saved.")
  var retry = false

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  func run() throws {
    let folder = PlanFolder(plan)
    var work = PlanWork(try folder.read(), in: folder)
    if retry { try work.retry() }
    try work.collect(waiting: wait, format: format)
  }
}
