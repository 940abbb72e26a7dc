import Foundation
import TestSupport
import Testing

/// The README's "Use it" lines, each as it is typed after `make demo`, on a smaller sweep of the same
/// data: bounded to minutes.
@Suite("The README's commands", .serialized)
struct ReadmeTests {
  @Test("every line of Use it runs as it stands", .timeLimit(.minutes(10)))
  func useIt() throws {
    try withTemporaryDirectory { folder in
      try demo(in: folder)
      let lines = try Self.lines()
      #expect(lines.count > 10 && lines.first?.hasPrefix("export PATH=") == true)
      for line in lines.dropFirst() {
        // The first line holds for those that follow.
        let shell = try Shell("\(lines[0])\n\(line)", in: folder)
        #expect(shell.status == 0, "\(line)\n\(shell.errors)")
      }
      let card = try Shell(
        "\(lines[0])\n" + (lines.first { $0.contains("report card") } ?? ""), in: folder)
      #expect(card.output.contains("| heldout-wiki"), "the trial's scores are the checkpoint's")
    }
  }

  /// The commands of the section's code block, without comments.
  private static func lines() throws -> [String] {
    let readme = try String(
      contentsOf: Repository.root.appendingPathComponent("README.md"), encoding: .utf8)
    let section = readme.components(separatedBy: "## Use it").dropFirst().first ?? ""
    let block = section.components(separatedBy: "```").dropFirst().first ?? ""
    return block.split(separator: "\n").map(String.init)
  }

  /// What `make demo` leaves, made by its own first commands.
  private func demo(in folder: URL) throws {
    let data = folder.appendingPathComponent("notebooks-data")
    let release = folder.appendingPathComponent(".build/release")
    let report = folder.appendingPathComponent("demo-report")
    for made in [data, release, report] {
      try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
    }
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    try FileManager.default.createSymbolicLink(
      at: release.appendingPathComponent("tenbin"),
      withDestinationURL: URL(fileURLWithPath: tests).deletingLastPathComponent()
        .appendingPathComponent("tenbin"))
    let original = Repository.root.appendingPathComponent("notebooks-data")
    for name in try FileManager.default.contentsOfDirectory(atPath: original.path)
    where name != "demo-sweep.yaml" {
      try FileManager.default.createSymbolicLink(
        at: data.appendingPathComponent(name),
        withDestinationURL: original.appendingPathComponent(name))
    }
    var sweep = try String(
      contentsOf: original.appendingPathComponent("demo-sweep.yaml"), encoding: .utf8)
    for (full, small) in [
      ("[0.001, 0.01, 0.1]", "[0.01, 0.1]"),
      ("heldout_tokens: {value: 4096}", "heldout_tokens: {value: 1024}"),
      ("bits: {values: [4, 8]}", "bits: {values: [4]}"),
    ] {
      #expect(sweep.contains(full))
      sweep = sweep.replacing(full, with: small)
    }
    try sweep.write(
      to: data.appendingPathComponent("demo-sweep.yaml"), atomically: true, encoding: .utf8)
    let made = try TenbinProcess(
      [
        "calib", "build", "--source", "notebooks-data/corpus/jawiki-sample.xml", "--tokenizer",
        "notebooks-data/demo-model", "--take", "first:8", "--max-seq-length", "512", "--output",
        "demo-report/calibration.sqlite",
      ], in: folder)
    #expect(made.status == 0)
  }
}

/// A line of a shell.
private struct Shell {
  let status: Int32
  let output: String
  let errors: String

  init(_ script: String, in folder: URL) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", script]
    process.currentDirectoryURL = folder
    let names = [UUID(), UUID()].map {
      FileManager.default.temporaryDirectory.appendingPathComponent("tenbin-\($0)")
    }
    for name in names { try Data().write(to: name) }
    defer { for name in names { try? FileManager.default.removeItem(at: name) } }
    process.standardOutput = try FileHandle(forWritingTo: names[0])
    process.standardError = try FileHandle(forWritingTo: names[1])
    try process.run()
    process.waitUntilExit()
    status = process.terminationStatus
    output = try String(contentsOf: names[0], encoding: .utf8)
    errors = try String(contentsOf: names[1], encoding: .utf8)
  }
}
