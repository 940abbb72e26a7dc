import Basics
import Foundation

/// Where a diagnosis saves its passes, so that one that was stopped goes on: `pass-N.json`, what the
/// finished ones came to; `pass-N/`, the state of the running one; `codes/`, the linears of both
/// sides. The file `key` says whose they are; those of another diagnosis are thrown away.
final class SavedPasses {
  private let folder: URL
  private let key: String
  private var number = 0
  private var running: PassCheckpoint?

  /// Saves the passes of the diagnosis `key` in `folder`.
  init(_ folder: URL, key: String) throws(InputError) {
    self.folder = folder
    self.key = key
    let file = folder.appendingPathComponent("key")
    guard (try? String(contentsOf: file, encoding: .utf8)) != key else { return }
    remove()
    try AtomicOutput.write(key, to: file)
  }

  /// Where the codes of both sides are kept.
  var codes: URL { folder.appendingPathComponent("codes") }

  /// Begins the next pass, and lets it save itself; what it came to, if it is already finished.
  func next(_ pass: inout OnePass) -> PassOutcomes? {
    number += 1
    let place = folder.appendingPathComponent("pass-\(number)")
    running = PassCheckpoint(place, key: "\(key) \(number)")
    if let data = try? Data(contentsOf: place.appendingPathExtension("json")),
      let done = try? PassCheckpoint.decoder.decode(PassOutcomes.self, from: data)
    {
      // A crash between the two leaves both.
      running?.remove()
      return done
    }
    pass.checkpoint = running
    return nil
  }

  /// Stores what the pass has come to.
  func finish(_ outcomes: PassOutcomes) throws(InputError) {
    let file = folder.appendingPathComponent("pass-\(number).json")
    do {
      try AtomicOutput.write(PassCheckpoint.encoder.encode(outcomes), to: file)
    } catch let error as InputError {
      throw error
    } catch {
      throw AtomicOutput.ioError("save the pass in \(file.path)", error)
    }
    running?.remove()
  }

  /// Takes everything away, once the diagnosis is stored elsewhere.
  func remove() {
    try? FileManager.default.removeItem(at: folder)
  }
}
