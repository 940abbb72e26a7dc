import ArgumentParser

/// How much a command says beside its result.
struct TalkOptions: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Say nothing but results, warnings and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Say more: what computes, and every layer as it is done.")
  var verbose = false

  func validate() throws {
    guard !quiet || !verbose else { throw ValidationError("give --quiet or --verbose, not both") }
    // A command that runs others, as `tenbin run` does, keeps what it was told itself.
    if quiet { Terminal.set(.quiet) }
    if verbose { Terminal.set(.verbose) }
  }
}
