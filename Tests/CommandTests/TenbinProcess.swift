import Foundation
import Testing

/// The built command, run as a person runs it.
struct TenbinProcess {
  let status: Int32
  let output: String
  let errors: String

  /// Runs `tenbin` with `arguments` in the folder `directory` and waits for it; SIGINT is sent as soon
  /// as `trigger` exists. What it prints goes to `sink`, where one is given. `limits` are shell commands
  /// that come before it, such as `ulimit -v 300000`.
  init(
    _ arguments: [String], in directory: URL, interruptedBy trigger: URL? = nil, sink: URL? = nil,
    limits: String? = nil
  ) throws {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tests).deletingLastPathComponent()
      .appendingPathComponent("tenbin")
    process.arguments = arguments
    if let limits, let tenbin = process.executableURL {
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "\(limits); exec \"$0\" \"$@\"", tenbin.path] + arguments
    }
    process.currentDirectoryURL = directory
    // Files rather than pipes: nothing to drain while waiting.
    let folder = FileManager.default.temporaryDirectory
    let names = [UUID(), UUID()].map { folder.appendingPathComponent("tenbin-\($0)") }
    for name in names { try Data().write(to: name) }
    defer { for name in names { try? FileManager.default.removeItem(at: name) } }
    process.standardOutput = try FileHandle(forWritingTo: sink ?? names[0])
    process.standardError = try FileHandle(forWritingTo: names[1])
    try process.run()
    if let trigger {
      while process.isRunning, !FileManager.default.fileExists(atPath: trigger.path) {
        Thread.sleep(forTimeInterval: 0.002)
      }
      process.interrupt()
    }
    process.waitUntilExit()
    status = process.terminationStatus
    output = try String(contentsOf: names[0], encoding: .utf8)
    errors = try String(contentsOf: names[1], encoding: .utf8)
  }
}
