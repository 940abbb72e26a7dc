import Basics
import Foundation
import Report
import Synchronization

/// The two voices of a command: stdout is the result, stderr the talk.
enum Terminal {
  /// How much is said beside results, warnings and errors.
  enum Talk: Int, Sendable {
    case quiet
    case usual
    case verbose
  }

  private static let talk = Atomic<Int>(Talk.usual.rawValue)

  /// From now on as much is said as `talk` says.
  static func set(_ talk: Talk) { Self.talk.store(talk.rawValue, ordering: .relaxed) }

  /// Whether as much is said as `least`.
  static func says(_ least: Talk) -> Bool { talk.load(ordering: .relaxed) >= least.rawValue }

  /// Says a line to the person, on stderr.
  static func say(_ line: String) {
    if says(.usual) { show(line + "\n") }
  }

  /// Says what only `--verbose` asks for.
  static func detail(_ line: String) {
    if says(.verbose) { show(line + "\n") }
  }

  /// Says what may not be as it was meant, and goes on.
  static func warn(_ sentence: String) { show("warning: \(sentence)\n") }

  /// Says why the command ends.
  static func fail(_ text: String) { show(text + "\n") }

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

  /// Prints a table: on a terminal no wider than that, as far as its columns can be left out.
  static func print(_ table: Table, as format: OutputFormat) throws(InputError) {
    guard format == .table, let size = size(of: STDOUT_FILENO) else {
      return try print(table.render(as: format))
    }
    try print(table.text(within: size.columns))
  }

  /// Prints `text`, or, where there is none, a table.
  static func print(
    _ text: String?, else table: Table, as format: OutputFormat
  ) throws(InputError) {
    if let text { try print(text) } else { try print(table, as: format) }
  }

  /// Whether stderr is a terminal, where a line can be drawn over. No colour is written anywhere, so that
  /// NO_COLOR has nothing to turn off.
  static var isInteractive: Bool {
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Columns and rows of the terminal that stderr is; nil where it is none.
  static var size: (columns: Int, rows: Int)? { isInteractive ? size(of: STDERR_FILENO) : nil }

  private static func size(of descriptor: Int32) -> (columns: Int, rows: Int)? {
    guard isatty(descriptor) == 1 else { return nil }
    var window = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0 else {
      return (80, 24)
    }
    return (Int(window.ws_col), Int(window.ws_row))
  }
}
