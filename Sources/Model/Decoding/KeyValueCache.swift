import Compute

/// The keys and values of tokens that a model has seen, of each layer in one matrix: first the rows of a
/// beginning that all sequences have in common, then a slot of equally many rows for each sequence.
package struct KeyValueCache: Sendable {
  /// What each layer keeps.
  var layers: [LayerCache?]
  /// The rows of the common beginning.
  let shared: Range<Int>
  /// The rows of a slot.
  let room: Int

  /// Room for `shared` common tokens and `slots` sequences of up to `room` tokens after them.
  init(_ config: ModelConfig, shared: Int, slots: Int, room: Int, engine: any Engine) {
    self.shared = 0..<shared
    self.room = room
    layers = config.description.layers.map { layer in
      layer.attention.map { attention in
        func zeros() -> EngineBuffer {
          engine.zeros(rows: shared + slots * room, columns: attention.keyWidth)
        }
        return LayerCache(keys: zeros(), values: zeros())
      }
    }
  }

  /// Where the tokens of the sequence in `slot` stand whose first one has the position `position`.
  /// `isWhole`: the slot has all of the sequence, the common beginning too.
  func place(slot: Int, position: Int, isWhole: Bool = false) -> CachePlace {
    let first = shared.count + slot * room
    return CachePlace(
      shared: isWhole ? 0..<0 : shared, rows: first..<first + room, firstPosition: position)
  }

  /// Where the common beginning stands.
  var beginning: CachePlace { CachePlace(shared: 0..<0, rows: shared, firstPosition: 0) }

  /// Bytes of a cache.
  package static func bytes(_ config: ModelConfig, shared: Int, slots: Int, room: Int) -> Int {
    let width = config.description.layers.reduce(0) { $0 + ($1.attention?.keyWidth ?? 0) }
    return 2 * 4 * width * (shared + slots * room)
  }
}

/// Where the tokens of a window stand in a cache.
struct CachePlace: Sendable, Equatable {
  /// The rows of the common beginning, if the window's sequence begins with it.
  let shared: Range<Int>
  /// The rows of the sequence's own.
  let rows: Range<Int>
  /// The position of the window's first token in its sequence.
  let firstPosition: Int

  /// The rows of the first `count` tokens of the window.
  func rows(of count: Int) -> Range<Int> {
    let first = rows.lowerBound + firstPosition - shared.count
    precondition(first >= rows.lowerBound && first + count <= rows.upperBound, "room for them")
    return first..<first + count
  }
}

/// The keys and values of one layer, (rows, keyValueHeads·d) each, rotated.
struct LayerCache: Sendable {
  var keys: EngineBuffer
  var values: EngineBuffer

  /// Takes in the keys and values of new tokens, window after window, and tells what their queries see.
  mutating func add(
    keys k: EngineBuffer, values v: EngineBuffer, of windows: [Range<Int>],
    at places: ArraySlice<CachePlace>, engine: any Engine
  ) -> [AttentionWindow] {
    let rows = zip(windows, places).flatMap { window, place in
      place.rows(of: window.count).map(Int32.init)
    }
    engine.replaceRows(rows, of: &keys, with: k)
    engine.replaceRows(rows, of: &values, with: v)
    return zip(windows, places).map { window, place in
      AttentionWindow(
        queries: window, shared: place.shared,
        keys: place.rows.lowerBound..<place.rows(of: window.count).upperBound,
        firstPosition: place.firstPosition)
    }
  }
}

extension Attention {
  /// Numbers in the keys of a token, and in its values.
  var keyWidth: Int { shape.keyValueHeads * shape.headDimension }
}
