import ArgumentParser
import Basics
import Dispatch
import Foundation
import Report
import Serve
import Synchronization

/// `tenbin serve`: the report of a study in a browser, live while a sweep writes it.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Shows a study, or a folder of them, in a browser, live while a sweep runs.",
    discussion: """
      The page of `tenbin report html` with how far the sweep is on top: progress by layer and trial, \
      time left, curves that grow. Under /api the same as JSON. Nothing can be written, and only this \
      machine can read it unless --host says otherwise. Ctrl-C ends it. More: docs/serve.md.

      Examples:
        tenbin serve study.sqlite
        tenbin serve studies/ --port 8642
        tenbin serve study.sqlite --language ja
      """)

  @Argument(
    help: "A study that `tenbin sweep run` writes, or a folder of them.",
    completion: .file(extensions: ["sqlite"]))
  var study: String

  @Option(help: "The port to listen on; 0 takes one that is free.")
  var port = 8642

  @Option(help: "The address to listen on: 127.0.0.1 is this machine alone, 0.0.0.0 everybody.")
  var host = "127.0.0.1"

  @Option(
    parsing: .upToNextOption,
    help: "Further names that browsers may know this machine by, where --host is not loopback.")
  var allowHost: [String] = []

  @Option(help: "The language that pages open in, en or ja; their readers may switch.")
  var language = CardLanguage.en

  func validate() throws {
    guard (0...65535).contains(port) else {
      throw ValidationError("--port \(port): give 0 to 65535")
    }
  }

  func run() throws {
    let studies = try ServedStudies(study)
    let site = Site(studies, address: host, hosts: allowHost, language: language)
    StopSignal.hold()
    // Where a sweep wants the processor, it has it.
    _ = nice(10)
    let (host, port) = (host, port)
    let server = try waiting { () async throws(InputError) in
      try await StudyServer(site, address: host, port: port)
    }
    let name = server.address.contains(":") ? "[\(server.address)]" : server.address
    Terminal.say("\(study): http://\(name):\(server.port)/   Ctrl-C ends it")
    StopSignal.wait()
    try waiting { () async throws(InputError) in await server.stop() }
    Terminal.say("closed")
  }

  /// Runs `work` beside this thread and waits for it.
  private func waiting<Value: Sendable>(
    _ work: @escaping @Sendable () async throws(InputError) -> Value
  ) throws(InputError) -> Value {
    let done = DispatchSemaphore(value: 0)
    let end = Ended<Value>()
    Task {
      do throws(InputError) {
        let value = try await work()
        end.result.withLock { $0 = .success(value) }
      } catch {
        end.result.withLock { $0 = .failure(error) }
      }
      done.signal()
    }
    done.wait()
    guard let result = end.result.withLock({ $0 }) else {
      throw InputError(.failed, asked: "serve \(study)", found: "no answer", hint: "start it again")
    }
    return try result.get()
  }
}

/// What work beside this thread has come to.
private final class Ended<Value: Sendable>: Sendable {
  let result = Mutex<Result<Value, InputError>?>(nil)
}
