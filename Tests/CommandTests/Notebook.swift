import Foundation
import TestSupport

/// The bundled notebook, where this machine's Python has pandas and matplotlib.
enum Notebook {
  /// Runs `python3` with `arguments`; without one the status is that of a command not found.
  private static func python(
    _ arguments: [String], folder: URL? = nil
  ) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    var environment = ProcessInfo.processInfo.environment
    environment["TENBIN_STUDY_FOLDER"] = folder?.path
    process.environment = environment
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  /// Runs its cells on the study and the CSV files of `folder`; nil where Python cannot.
  static func run(on folder: URL) throws -> (status: Int32, text: String)? {
    guard try python(["-c", "import pandas, matplotlib"]).status == 0 else { return nil }
    let script = Repository.root.appendingPathComponent("Tests/Python/run_notebook.py")
    let notebook = Repository.root
      .appendingPathComponent("notebooks-data/sweep-analysis.ipynb")
    return try python([script.path, notebook.path], folder: folder)
  }
}
