import ArgumentParser
import Basics
import CUDA
import Compute
import Foundation
import Report

/// `tenbin doctor`: what this machine offers.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Shows what tenbin finds on this machine.",
    discussion: """
      With --device cuda, it also measures the GPU and holds every operation that runs there against
      the CPU's.

      Example:
        tenbin doctor --format json
        tenbin doctor --device cuda
      """)

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  @OptionGroup var compute: ComputeOptions

  func run() throws {
    let cuda = firstGPU(of: try compute.engine())
    let cpu = try CPUEngine.opened(threads: compute.threads)
    let memory = ProcessInfo.processInfo.physicalMemory / (1 << 30)
    var rows: [(String, String)] = [
      ("tenbin", ToolVersion.current), ("blas", cpu.summary),
      ("cores", "\(ThreadCount.cores)"), ("memory", "\(memory) GiB"),
      ("system", ProcessInfo.processInfo.operatingSystemVersionString),
    ]
    var outcomes: [SelfCheck.Outcome] = []
    if let cuda {
      outcomes = SelfCheck(cuda, against: cpu).run()
      rows += try CUDASummary.rows(of: cuda) + CUDASummary.rows(of: outcomes)
    } else {
      rows += CUDASummary.found()
    }
    let table = Table(
      columns: [.init("item"), .init("found")], rows: rows.map { [.text($0.0), .text($0.1)] })
    try Terminal.print(table, as: format)
    try SelfCheck.verify(outcomes, device: compute.device)
  }
}
