import Basics
import Foundation

/// A program of the system that is run to its end, its words as they are: no shell reads them.
struct ChildProgram {
  /// Its exit code.
  let status: Int32
  /// What it printed.
  let output: String
  /// What it complained of.
  let errors: String

  /// Where the program `name` is, by the PATH; nil where there is none.
  static func path(of name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// Runs `name` with `arguments` in `folder`.
  /// - Throws: kind `missing`, where no such program is on the PATH.
  init(
    _ name: String, _ arguments: [String], in folder: URL? = nil, asked: String
  ) throws(InputError) {
    guard let path = Self.path(of: name) else {
      throw InputError(
        .missing, asked: asked, found: "no \(name) on the PATH",
        hint: "run it where Slurm's commands are, as on a login node; --engine local needs none")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    // Files rather than pipes: nothing to drain, however much it says.
    let files = FileManager.default
    let names = [UUID(), UUID()].map {
      files.temporaryDirectory.appendingPathComponent("tenbin-\($0)")
    }
    defer { for name in names { try? files.removeItem(at: name) } }
    do {
      for name in names { try Data().write(to: name) }
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = try FileHandle(forWritingTo: names[0])
      process.standardError = try FileHandle(forWritingTo: names[1])
      try process.run()
      process.waitUntilExit()
      output = String(decoding: try Data(contentsOf: names[0]), as: UTF8.self)
      errors = String(decoding: try Data(contentsOf: names[1]), as: UTF8.self)
    } catch {
      throw AtomicOutput.ioError("\(asked): run \(path)", error)
    }
    status = process.terminationReason == .exit ? process.terminationStatus : 128
  }

  /// The last line that it said, for the middle part of an error.
  var complaint: String {
    let lines = (errors + "\n" + output).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    return (errors.split(whereSeparator: \.isNewline).last.map(String.init) ?? lines.last)
      ?? "exit code \(status)"
  }
}
