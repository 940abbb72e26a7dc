import Basics

/// How tokens become samples.
public enum SampleLayout: String, Sendable, Codable, CaseIterable {
  /// All documents joined in order and cut into windows of the sample length; the tail is dropped.
  case packed
  /// One document per sample, as optimum does it: ragged, and whole unless a length is given.
  case document
  /// One window at a random place of each document; shorter documents are left out.
  case window
}

/// Turns tokenized documents into windows, as a layout says.
struct SampleAssembler {
  private let layout: SampleLayout
  private let length: Int?
  private var packer: TokenPacker
  private var windows: [TokenPacker.Window] = []
  private var generator: SplitMix64

  /// The sample length where none is given.
  static let defaultLength = 2048

  init(_ layout: SampleLayout, length: Int?, seed: Int) {
    self.layout = layout
    self.length = length
    packer = TokenPacker(length: length ?? Self.defaultLength)
    generator = SplitMix64(seed: UInt64(bitPattern: Int64(seed)) ^ 0xD0C)
  }

  /// Takes the tokens of document number `document`; false where none of them is used.
  mutating func append(_ tokens: [Int32], document: Int) -> Bool {
    switch layout {
    case .packed: packer.append(tokens, document: document)
    case .document:
      add(0..<min(tokens.count, length ?? tokens.count), of: tokens, document)
    case .window:
      let length = length ?? Self.defaultLength
      guard tokens.count >= length else { return false }
      let start = Int.random(in: 0...tokens.count - length, using: &generator)
      add(start..<start + length, of: tokens, document)
    }
    return true
  }

  private mutating func add(_ range: Range<Int>, of tokens: [Int32], _ document: Int) {
    windows.append(
      TokenPacker.Window(
        tokens: Array(tokens[range]),
        spans: [
          TokenSpan(
            document: document, documentStart: range.lowerBound, start: 0, count: range.count)
        ]))
  }

  /// The windows, in order.
  consuming func finish() -> [TokenPacker.Window] {
    layout == .packed ? packer.finish() : windows
  }
}
