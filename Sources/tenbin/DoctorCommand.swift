import ArgumentParser
import Basics
import Compute
import Foundation
import Report

/// `tenbin doctor`: what this machine offers.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Shows what tenbin finds on this machine.",
    discussion: "Example:\n  tenbin doctor --format json")

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  func run() throws {
    let engine = CPUEngine()
    let memory = ProcessInfo.processInfo.physicalMemory / (1 << 30)
    let rows: [(String, String)] = [
      ("tenbin", ToolVersion.current), ("blas", engine.summary),
      ("cores", "\(ProcessInfo.processInfo.activeProcessorCount)"), ("memory", "\(memory) GiB"),
      ("system", ProcessInfo.processInfo.operatingSystemVersionString),
    ]
    let table = Table(
      columns: [.init("item"), .init("found")], rows: rows.map { [.text($0.0), .text($0.1)] })
    try Terminal.print(table.render(as: format))
  }
}
