import Foundation
import GPTQ
import Results
import Serve
import Sweep
import TestSupport
import Testing

/// Programs of this machine.
private enum Installed {
  static let canBrowse =
    ["chromium", "chromium-browser", "google-chrome"].contains(where: isThere)
    && isThere("python3")

  private static func isThere(_ name: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
  }
}

/// A served page in a real browser: Tests/Browser/check_served.py says what is looked for.
@Suite("A served page in a browser", .enabled(if: Installed.canBrowse))
struct BrowserTests {
  @Test(
    "has no complaint, keeps itself up to date, and puts its reader's filter back",
    .timeLimit(.minutes(5)))
  func page() async throws {
    try await ServedFolder.with { folder in
      let url = try folder.add("a.sqlite")
      let server = try await StudyServer(try folder.site(), address: "127.0.0.1", port: 0)
      let ready = folder.url("ready")
      let output = folder.url("output")
      try Data().write(to: output)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = [
        "python3", Repository.root.appendingPathComponent("Tests/Browser/check_served.py").path,
        "http://127.0.0.1:\(server.port)/studies/a.sqlite", ready.path,
      ]
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = process.standardOutput
      try process.run()
      while process.isRunning, !FileManager.default.fileExists(atPath: ready.path) {
        try await Task.sleep(for: .milliseconds(50))
      }
      try Self.endAnotherTrial(of: url)
      while process.isRunning { try await Task.sleep(for: .milliseconds(100)) }
      let text = try String(contentsOf: output, encoding: .utf8)
      #expect(process.terminationStatus == 0, "\(text)")
      await server.stop()
    }
  }

  private static func endAnotherTrial(of url: URL) throws {
    let study = try Study(url)
    var config = TrialConfig()
    config.quantize.dampPercent = 0.5
    var trials = try study.enter(TrialPlan([config]))
    for index in trials.indices { trials[index].state = .complete }
    let results = try study.results()
    try study.save(trials, base: results.base, environment: results.environment)
    try study.finish()
  }
}
