import ArgumentParser
import Basics
import Foundation

/// The root command.
struct Tenbin: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tenbin",
    abstract: "Weighs a quantization before it ships: calibrate, sweep, measure, explain.",
    discussion: """
      A first run, on the bundled demo model:  make demo
      Every command's --help ends with examples.
      """,
    version: ToolVersion.current,
    subcommands: [
      RunCommand.self, CalibCommand.self, QuantizeCommand.self, SweepCommand.self,
      AllocateCommand.self,
      EvaluateCommand.self,
      AuditCommand.self, DiagnoseCommand.self, LeaderboardCommand.self,
      ReportCommand.self, ServeCommand.self, BenchCommand.self, DoctorCommand.self,
      DumpCommand.self, ParseCommand.self,
    ]
  )
}

/// The entry point: the only place that turns an error into an exit code.
@main
enum Main {
  static func main() {
    do {
      try ProcessSetup.prepare()
      if CommandLine.arguments.dropFirst() == ["--version"] {
        return try Terminal.print(VersionText.current)
      }
      var command = try Tenbin.parseAsRoot(
        OldSpellings.replaced(in: Array(CommandLine.arguments.dropFirst())))
      do {
        try command.run()
      } catch let error as ValidationError {
        refuse(error, type(of: command))
      }
    } catch let error as InputError {
      Terminal.fail(error.description)
      exit(error.kind.rawValue)
    } catch {
      Tenbin.exit(withError: error)
    }
  }

  /// Ends with what is wrong with the arguments of `command`, and its own usage.
  private static func refuse(
    _ error: ValidationError, _ command: any ParsableCommand.Type
  ) -> Never {
    Terminal.fail("Error: \(error.message)")
    Terminal.fail("Usage: \(Tenbin.usageString(for: command))")
    exit(ExitCode.validationFailure.rawValue)
  }
}
