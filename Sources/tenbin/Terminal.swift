import Foundation

/// The two voices of a command: stdout is the result, stderr the talk.
enum Terminal {
  /// Says a line to the person, on stderr.
  static func say(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  /// Prints a result, on stdout.
  static func print(_ text: String) {
    FileHandle.standardOutput.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8))
  }

  /// Whether stderr is a terminal, where a line can be drawn over.
  static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }
}
