import Basics
import Dispatch
import Synchronization

/// A decoder layer that is loaded on a thread of its own while the layer before it is computed.
final class LayerAhead: Sendable {
  private let loaded = Mutex<Result<DecoderLayer, InputError>?>(nil)
  private let work = DispatchGroup()

  /// Begins to load it.
  init(_ load: @escaping @Sendable () throws(InputError) -> DecoderLayer) {
    DispatchQueue.global().async(group: work) { [self] in
      let result = Result { () throws(InputError) in try load() }
      loaded.withLock { $0 = result }
    }
  }

  /// The layer, once it is there.
  func layer() throws(InputError) -> DecoderLayer {
    work.wait()
    guard let result = loaded.withLock({ $0.take() }) else {
      preconditionFailure("a layer is taken once")
    }
    return try result.get()
  }

  /// Waits until nothing is read for it any more.
  func wait() { work.wait() }
}
