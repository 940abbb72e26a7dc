extension InputError {
  /// The family of the failure; its raw value is the exit code of the command.
  public enum Kind: Int32, Sendable {
    /// The run itself failed.
    case failed = 1
    /// The command line or a settings file asks for something that cannot be.
    case usage = 64
    /// An input file holds something else than it should.
    case badData = 65
    /// An input file or folder is not there.
    case missing = 66
    /// Reading or writing failed: permissions, a full disk.
    case io = 74
    /// Stopped from outside, the work so far saved.
    case interrupted = 130
  }

  /// The exit code of `audit` where a checkpoint is defective: no error of the command.
  public static let defectiveExitCode: Int32 = 2
}
