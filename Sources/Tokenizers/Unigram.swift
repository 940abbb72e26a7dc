/// The unigram language model (Kudo 2018): the best path through all pieces of a text, as HF finds
/// it: sums in Double, a piece replaces another only where it is strictly better, runs of unknown
/// characters are one piece before they fall back to bytes.
struct Unigram: Sendable {
  /// The score of each piece.
  let scores: [Double]
  let pieces: ByteStringTable
  let unknown: Int32?
  /// The tokens of the bytes, where bytes are the fallback.
  let byteTokens: [Int32?]?
  private let trie: ByteTrie
  private let unknownScore: Double

  init(
    scores: [Double], tokens: [[UInt8]], pieces: ByteStringTable, unknown: Int32?,
    byteTokens: [Int32?]?
  ) {
    self.scores = scores
    self.pieces = pieces
    self.unknown = unknown
    self.byteTokens = byteTokens
    unknownScore = (scores.min() ?? 0) - 10
    var trie = ByteTrie()
    for (index, token) in tokens.enumerated() {
      // Of pieces that are named twice the last one counts.
      trie.insert(token, pieces[token[...]] ?? Int32(index))
    }
    self.trie = trie
  }

  private struct Node {
    var score = 0.0
    var start = -1
    var token: Int32 = 0

    mutating func offer(_ score: Double, from start: Int, _ token: Int32) {
      guard self.start < 0 || score > self.score else { return }
      self = Node(score: score, start: start, token: token)
    }
  }

  /// Appends the tokens of one pre-token.
  func encode(_ piece: ArraySlice<Unicode.Scalar>, into result: inout [Int32]) {
    var bytes = [UInt8]()
    for scalar in piece { bytes.appendUTF8(scalar) }
    var nodes = [Node](repeating: Node(), count: bytes.count + 1)
    var start = 0
    for scalar in piece {
      let width = UTF8.width(scalar)
      let score = nodes[start].score
      var hasSingle = false
      trie.forEachPrefix(of: bytes, from: start) { end, token in
        nodes[end].offer(score + scores[Int(token)], from: start, token)
        if end - start == width { hasSingle = true }
      }
      if !hasSingle {
        nodes[start + width].offer(score + unknownScore, from: start, unknown ?? -1)
      }
      start += width
    }
    var ends = [Int]()
    var end = bytes.count
    while end > 0 {
      ends.append(end)
      end = nodes[end].start
    }
    var unknownStart: Int?
    for end in ends.reversed() {
      let node = nodes[end]
      if node.token == unknown || node.token < 0 {
        unknownStart = unknownStart ?? node.start
        continue
      }
      if let start = unknownStart.take() { appendUnknown(bytes[start..<node.start], &result) }
      result.append(node.token)
    }
    if let start = unknownStart { appendUnknown(bytes[start...], &result) }
  }

  private func appendUnknown(_ bytes: ArraySlice<UInt8>, _ result: inout [Int32]) {
    if let token = pieces[bytes] {
      result.append(token)
      return
    }
    if let byteTokens {
      let tokens = bytes.compactMap { byteTokens[Int($0)] }
      if tokens.count == bytes.count {
        result += tokens
        return
      }
    }
    if let unknown { result.append(unknown) }
  }
}

/// A prefix tree over bytes.
struct ByteTrie: Sendable {
  private var edges = PairTable<Int32>(capacity: 1024)
  private var tokens: [Int32] = [-1]

  mutating func insert(_ key: [UInt8], _ token: Int32) {
    guard !key.isEmpty else { return }
    var node: Int32 = 0
    for byte in key {
      if let child = edges[node, Int32(byte)] {
        node = child
      } else {
        let child = Int32(tokens.count)
        tokens.append(-1)
        edges[node, Int32(byte)] = child
        node = child
      }
    }
    tokens[Int(node)] = token
  }

  /// Calls `body` with the end and the token of every key that `bytes` has at `start`.
  func forEachPrefix(of bytes: [UInt8], from start: Int, _ body: (Int, Int32) -> Void) {
    var node: Int32 = 0
    var position = start
    while position < bytes.count, let child = edges[node, Int32(bytes[position])] {
      node = child
      position += 1
      if tokens[Int(node)] >= 0 { body(position, tokens[Int(node)]) }
    }
  }
}
