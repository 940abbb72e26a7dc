/// A part of the text on its way through the pre-tokenizers.
struct Piece: Sendable {
  var scalars: ArraySlice<Unicode.Scalar>
  /// Whether it begins where the whole text begins.
  var startsText: Bool
}

/// The `pre_tokenizer` of a tokenizer.json: cuts pieces of text into the units that the model sees.
indirect enum PreTokenizer: Sendable {
  case sequence([PreTokenizer])
  case split(TextPattern, SplitBehavior, inverts: Bool)
  case metaspace(Unicode.Scalar, prepends: MetaspacePrefix, splits: Bool)
  /// With `encodes` false the pieces keep their scalars and the model takes their bytes instead.
  case byteLevel(addPrefixSpace: Bool, pattern: TextPattern?, encodes: Bool)

  /// Replaces `pieces` by what they are cut into; empty pieces vanish.
  func split(_ pieces: inout [Piece]) {
    switch self {
    case .sequence(let steps):
      for step in steps { step.split(&pieces) }
    case .split(let pattern, let behavior, let inverts):
      Self.cut(&pieces, pattern, behavior, inverts: inverts)
    case .metaspace(let mark, let prefix, let splits):
      for index in pieces.indices {
        var scalars = pieces[index].scalars.map { $0 == " " ? mark : $0 }
        let prepends = prefix == .always || prefix == .first && pieces[index].startsText
        if prepends, scalars.first != mark { scalars.insert(mark, at: 0) }
        pieces[index].scalars = scalars[...]
      }
      if splits { Self.cut(&pieces, .literal([mark]), .mergedWithNext, inverts: false) }
    case .byteLevel(let addPrefixSpace, let pattern, let encodes):
      if addPrefixSpace {
        for index in pieces.indices where pieces[index].scalars.first != " " {
          pieces[index].scalars.insert(" ", at: pieces[index].scalars.startIndex)
        }
      }
      if let pattern { Self.cut(&pieces, pattern, .isolated, inverts: false) }
      guard encodes else { return }
      for index in pieces.indices {
        pieces[index].scalars = ByteLevelAlphabet.encode(pieces[index].scalars)[...]
      }
    }
  }

  private static func cut(
    _ pieces: inout [Piece], _ pattern: TextPattern, _ behavior: SplitBehavior, inverts: Bool
  ) {
    var result = [Piece]()
    for piece in pieces {
      var spans = pattern.spans(in: piece.scalars)
      if inverts {
        for index in spans.indices { spans[index].isMatch.toggle() }
      }
      for range in behavior.ranges(of: spans) where !range.isEmpty {
        result.append(
          Piece(
            scalars: piece.scalars[range],
            startsText: piece.startsText && range.lowerBound == piece.scalars.startIndex))
      }
    }
    pieces = result
  }
}

/// Before which pieces `Metaspace` puts its mark.
enum MetaspacePrefix: String, Sendable {
  case always
  case first
  case never
}

/// What `Split` does with its matches.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  /// The ranges that are left of `spans`, in order.
  func ranges(of spans: [(range: Range<Int>, isMatch: Bool)]) -> [Range<Int>] {
    var result = [Range<Int>]()
    result.reserveCapacity(spans.count)
    var previousWasMatch = false
    switch self {
    case .isolated: return spans.map(\.range)
    case .removed: return spans.filter { !$0.isMatch }.map(\.range)
    case .contiguous, .mergedWithPrevious:
      for (range, isMatch) in spans {
        let joins =
          self == .contiguous ? isMatch == previousWasMatch : isMatch && !previousWasMatch
        if joins, let last = result.last {
          result[result.count - 1] = last.lowerBound..<range.upperBound
        } else {
          result.append(range)
        }
        previousWasMatch = isMatch
      }
      return result
    case .mergedWithNext:
      for (range, isMatch) in spans.reversed() {
        if isMatch, !previousWasMatch, let last = result.last {
          result[result.count - 1] = range.lowerBound..<last.upperBound
        } else {
          result.append(range)
        }
        previousWasMatch = isMatch
      }
      return result.reversed()
    }
  }
}
