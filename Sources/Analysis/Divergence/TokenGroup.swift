/// Some of the scored tokens of a text, by what they have in common.
public struct TokenGroup: Sendable, Equatable {
  /// What they have in common.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// The kind of text that the token is.
    case tokenClass = "class"
    /// The probability of the base's most likely token.
    case confidence
  }

  /// What they have in common.
  public let kind: Kind
  /// A class of tokens, or a range of the base's confidence.
  public let name: String
  /// Their places among the scored tokens.
  let places: [Int]
  /// How many of them each window has.
  let windows: [Int]

  /// Where the base's confidence is cut.
  public static let confidenceEdges = [0, 0.25, 0.5, 0.75, 0.9, 1]

  /// The groups of the scored tokens of `domain`, on which the base's confidence is `confidence`; groups
  /// without a token are left out, and so are classes where they are not known.
  static func all(of domain: HeldoutDomain, confidence: [Double]) -> [TokenGroup] {
    let counts = domain.scoredOfWindow
    func group(_ kind: Kind, _ name: String, _ isInside: (Int) -> Bool) -> TokenGroup? {
      var (places, windows): ([Int], [Int]) = ([], [])
      var start = 0
      for count in counts {
        let inside = (start..<start + count).filter(isInside)
        places += inside
        windows.append(inside.count)
        start += count
      }
      return places.isEmpty
        ? nil : TokenGroup(kind: kind, name: name, places: places, windows: windows)
    }
    let classes =
      domain.classes.count == confidence.count
      ? TokenClass.allCases.compactMap { wanted in
        group(.tokenClass, wanted.rawValue) { domain.classes[$0] == wanted }
      } : []
    let edges = zip(confidenceEdges, confidenceEdges.dropFirst())
    return classes
      + edges.compactMap { low, high in
        group(.confidence, "\(low)-\(high)") {
          confidence[$0] >= low && (confidence[$0] < high || high == 1)
        }
      }
  }
}
