import Basics
import Foundation

/// The two voices of a command: stdout is the result, stderr the talk.
enum Terminal {
  /// Says a line to the person, on stderr.
  static func say(_ line: String) { show(line + "\n") }

  /// Says what may not be as it was meant, and goes on.
  static func warn(_ sentence: String) { say("warning: \(sentence)") }

  /// Shows `text` on stderr as it is. A stderr that takes no more is no reason to end a run.
  static func show(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Prints a result, on stdout.
  static func print(_ text: String) throws(InputError) {
    let line = text.hasSuffix("\n") ? text : text + "\n"
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(line.utf8))
    } catch {
      throw AtomicOutput.ioError("write the result to stdout", error)
    }
  }

  /// Whether stderr is a terminal, where a line can be drawn over.
  static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }
}
